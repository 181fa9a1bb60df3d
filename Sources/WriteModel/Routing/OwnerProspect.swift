public import EventLog

/// What clients are told of a partition that no instance writes at present: what is known of it, and when to ask again. Pure.
public struct OwnerProspect: Hashable, Sendable {
    /// Names no path, host or process.
    public let explanation: String
    public let retryAfter: Duration

    /// - Parameters:
    ///   - isClaiming: whether this instance is about to write it.
    ///   - vacancy: for how long it has been known that the last owner has left or ended; nil where that is not known.
    ///   - succession: within which the log's group names another instance for a partition whose owner has ended; nil where it does not.
    public init(_ partition: TopicPartition, isClaiming: Bool, vacancy: Duration?, succession: Duration?) {
        let second = Duration.seconds(1)
        guard !isClaiming else {
            self.init("this instance is claiming \(partition) and does not write it yet", retryAfter: second)
            return
        }
        guard let vacancy else {
            self.init("no instance has announced that it writes \(partition)", retryAfter: second)
            return
        }
        let known = "no instance writes \(partition): the last one has ended, which has been known for \(Self.seconds(vacancy))"
        guard let succession, vacancy < succession else {
            self.init("\(known); another takes it as soon as it is named", retryAfter: second)
            return
        }
        let rest = max(second, succession - vacancy)
        self.init("\(known); another is named for it within \(Self.seconds(rest))", retryAfter: rest)
    }

    private init(_ explanation: String, retryAfter: Duration) {
        self.explanation = explanation
        self.retryAfter = retryAfter
    }

    private static func seconds(_ duration: Duration) -> String {
        let whole = duration.components.seconds + (duration.components.attoseconds > 0 ? 1 : 0)
        return "\(whole) s"
    }
}
