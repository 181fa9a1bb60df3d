public import EventModel

/// Events as they would stand in the log, with streams, versions and times, for specifications and tests.
///
/// ```swift
/// var history = RecordedHistory<OrderingEvent>()
/// history.record("order/1", .placed(…), .confirmed(…))
/// ```
public struct RecordedHistory<Event: Sendable>: Sendable {
    /// In the order of their recording; one list a commit.
    public private(set) var commits: [[Recorded<Event>]] = []
    private var versions: [StreamID: StreamVersion] = [:]

    public init() {}

    public var events: [Recorded<Event>] { commits.flatMap { $0 } }

    /// One commit with these events.
    ///
    /// - Parameters:
    ///   - type: stored with each event, for projections that look at it.
    ///   - at: when the command was decided; a second later than the commit before if absent.
    public mutating func record(_ stream: String, _ events: Event..., type: EventType = "event.v1", at: Timestamp? = nil) {
        let stream = StreamID(trusted: stream)
        let at = at ?? Timestamp(microseconds: 1_600_000_000_000_000 + Int64(commits.count) * 1_000_000)
        let metadata = EventMetadata(commandID: CommandID(trusted: "command-\(commits.count)"), correlationID: "test", at: at)
        var commit: [Recorded<Event>] = []
        for event in events {
            let version = versions[stream, default: .none].next
            versions[stream] = version
            commit.append(Recorded(stream: stream, version: version, type: type, event: event, metadata: metadata))
        }
        commits.append(commit)
    }
}
