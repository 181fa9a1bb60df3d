public import EventLog
public import EventModel

/// A projection as an application registers it: with what reads its events, its types erased.
public struct RegisteredProjection: Sendable {
    public let schema: TableSchema
    /// Makes an empty fold of one partition.
    @usableFromInline let makeFold: @Sendable (_ partition: TopicPartition, _ startsEmpty: Bool, _ share: KeyShare) -> ProjectionFold

    // Inlinable, so that the fold is compiled for the projection's own types, in its own module: a third of what it costs otherwise.
    /// - Parameter events: reads every event of the context as the domain knows it.
    @inlinable public init<P: Projection>(_ projection: P, events: EventCodec<P.Event>) {
        self.init(projection, reader: events.reader)
    }

    /// - Parameter readers: read no more of the events than the projection takes: events of other types are passed over, and messages that
    ///   leave fields out are read in a part of the time.
    ///
    /// ```swift
    /// RegisteredProjection(SalesByDay(), reading: SalesEvent.readers)
    /// ```
    /// - Precondition: no type has two readers.
    @inlinable public init<P: Projection>(_ projection: P, reading readers: [EventReader<P.Event>]) {
        self.init(projection, reader: EventReader.finder(readers))
    }

    @inlinable init<P: Projection>(_ projection: P, reader: @escaping @Sendable (EventType) -> EventCodec<P.Event>.Reader?) {
        schema = TableSchema(P.self)
        makeFold = { partition, startsEmpty, share in
            TypedProjectionFold(projection, reader: reader, partition: partition, startsEmpty: startsEmpty, share: share).erased
        }
    }

    public var id: ProjectionID { schema.projection }
}
