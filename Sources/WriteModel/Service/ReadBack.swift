import DequeModule
import EventLog
import Synchronization

/// Reads single commits back from the log, a few at a time.
///
/// A reader may be dear: on Kafka each further one of a partition is a client of its own, with a thread, a pipe and a socket for every broker.
/// A crowd that asks for histories, or sends commands again, waits in line here; it would else use up the process's threads and descriptors.
package final class ReadBack: Sendable {
    /// How many commits are read at a time.
    package static let concurrency = 8

    private struct State {
        var free: Int
        var waiting: Deque<CheckedContinuation<Void, Never>> = []
    }

    private let log: any EventLog
    private let state: Mutex<State>

    init(_ log: any EventLog, concurrency: Int = ReadBack.concurrency) {
        self.log = log
        state = Mutex(State(free: concurrency))
    }

    /// Reads one commit when its turn comes.
    func commit(_ partition: TopicPartition, _ reference: CommitReference) async throws -> Commit {
        await takePlace()
        defer { leavePlace() }
        try Task.checkCancellation()
        return try await log.commit(partition, reference)
    }

    private func takePlace() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func leavePlace() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let next = state.waiting.popFirst() { return next }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
