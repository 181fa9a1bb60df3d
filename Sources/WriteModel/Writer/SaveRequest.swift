public import EventLog
import EventModel

/// Streams that have changed since the state store's position, not yet encoded.
public struct SaveRequest: Sendable {
    struct Stream {
        let id: StreamID
        let version: StreamVersion
        let state: StreamState
        let commits: [CommitReference]
        let decider: StreamDecider
    }

    public let position: ChainPosition
    let streams: [Stream]

    /// Encodes the states; off the writer's path.
    public func encoded() -> StateBatch {
        StateBatch(
            position: position,
            streams: streams.map {
                StateBatch.Stream(id: $0.id, version: $0.version, state: $0.decider.encode($0.state), commits: $0.commits)
            })
    }
}
