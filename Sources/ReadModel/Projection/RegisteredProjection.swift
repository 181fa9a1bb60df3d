public import EventModel

/// A projection as an application registers it: with the codec that reads its events, its types erased.
public struct RegisteredProjection: Sendable {
    public let schema: TableSchema
    /// Makes an empty fold, which only one task uses.
    let makeFold: @Sendable () -> any ProjectionFold

    public init<P: Projection>(_ projection: P, events: EventCodec<P.Event>) {
        schema = TableSchema(P.self)
        makeFold = { TypedProjectionFold(projection, events: events) }
    }

    public var id: ProjectionID { schema.projection }
}
