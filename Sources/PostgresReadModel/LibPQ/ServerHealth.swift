import EventModel

/// What is known of whether a server answers, from what became of the work that was given to it; a state machine without I/O.
///
/// A sign of trouble is a connection that broke, one that could not be made, or work that was given up without a word from the server
/// since it began. Any answer ends the trouble. Trouble that lasts longer than ``suspicion`` makes the server count as unreachable: until
/// then requests are tried and wait, which hides a restart; from then on they are refused at once, and one attempt at a time tries to
/// connect.
struct ServerHealth: Sendable {
    struct Trouble: Sendable {
        /// The time of day of its first sign.
        let since: Timestamp
        /// The same by the pool's stopwatch.
        let began: Duration
        /// The newest sign, for people.
        var reason: String
    }

    let suspicion: Duration
    private(set) var trouble: Trouble?
    /// When the server last said something; nil where it never has.
    private(set) var heard: Duration?

    init(suspicion: Duration) { self.suspicion = suspicion }

    mutating func hear(at now: Duration) {
        heard = max(heard ?? now, now)
        trouble = nil
    }

    /// - Parameter begun: when the work began that came to nothing. A server that has said something since then is well.
    /// - Returns: whether this is the first sign.
    mutating func fail(_ reason: String, begun: Duration, at now: Duration, _ time: Timestamp) -> Bool {
        if let heard, heard > begun { return false }
        guard trouble == nil else {
            trouble?.reason = reason
            return false
        }
        trouble = Trouble(since: time, began: now, reason: reason)
        return true
    }

    /// Why requests are refused; nil where they are tried.
    func refusal(at now: Duration) -> ServerUnreachable? {
        guard let trouble, now - trouble.began >= suspicion else { return nil }
        return ServerUnreachable(since: trouble.since, reason: trouble.reason)
    }
}

/// The server has not answered for a while, and an attempt to reach it is under way already.
struct ServerUnreachable: Error, CustomStringConvertible {
    let since: Timestamp
    let reason: String

    var description: String { "it has not answered since \(since): \(reason)" }
}
