import EventLog
import EventModel

/// A fold of one partition's records into rows kept in memory, types erased. The runner stages a batch, loads the rows it lacks, folds, and
/// takes the changes out.
protocol ProjectionFold: AnyObject {
}

final class TypedProjectionFold<P: Projection>: ProjectionFold {
    private let projection: P
    private let events: EventCodec<P.Event>

    init(_ projection: P, events: EventCodec<P.Event>) {
        self.projection = projection
        self.events = events
    }
}
