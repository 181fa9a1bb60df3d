public import EventLog
public import EventModel

/// A projection as an application registers it: with the codec that reads its events, its types erased.
public struct RegisteredProjection: Sendable {
    public let schema: TableSchema
    /// Makes an empty fold of one partition.
    @usableFromInline let makeFold: @Sendable (_ partition: TopicPartition, _ startsEmpty: Bool, _ share: KeyShare) -> ProjectionFold

    // Inlinable, so that the fold is compiled for the projection's own types, in its own module: a third of what it costs otherwise.
    @inlinable public init<P: Projection>(_ projection: P, events: EventCodec<P.Event>) {
        schema = TableSchema(P.self)
        makeFold = { partition, startsEmpty, share in
            TypedProjectionFold(projection, events: events, partition: partition, startsEmpty: startsEmpty, share: share).erased
        }
    }

    public var id: ProjectionID { schema.projection }
}
