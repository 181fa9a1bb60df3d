import Logging
import Synchronization

/// Tells operators of other processes on a log, once for all groups that the process has joined.
final class MembershipNews: Sendable {
    enum Event: Hashable {
        /// This process has joined where another worked.
        case takesOver
        /// Another process has joined, and works now.
        case waits
        /// No newer process is left.
        case worksAgain
    }

    private let logger: Logger?
    private let path: String
    private let last = Mutex<Event?>(nil)

    init(path: String, logger: Logger?) {
        self.path = path
        self.logger = logger
    }

    func tell(_ event: Event) {
        let isNews = last.withLock { last in
            defer { last = event }
            return last != event
        }
        guard isNews else { return }
        switch event {
        case .takesOver:
            logger?.warning(
                """
                another process serves this log; this one takes over from it. The other answers commands with 503, and goes on when this one \
                has ended
                """, metadata: ["path": "\(path)"])
        case .waits:
            logger?.warning(
                "another process has taken over this log; this one waits, and goes on when the other has ended",
                metadata: ["path": "\(path)"])
        case .worksAgain:
            logger?.notice("the other process on this log has ended; this one goes on", metadata: ["path": "\(path)"])
        }
    }
}
