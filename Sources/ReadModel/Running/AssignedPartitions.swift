import EventLog
import Synchronization

/// The newest assignment of a group's member, and a way to wait for the next.
final class AssignedPartitions: Sendable {
    private struct State {
        var partitions: Set<Partition> = []
        var version = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextTicket = 0
    }

    private let state = Mutex(State())

    /// The assignment and its version; version 0 is before the first.
    var current: (partitions: Set<Partition>, version: Int) { state.withLock { ($0.partitions, $0.version) } }

    func set(_ partitions: Set<Partition>) {
        let waiters = state.withLock { state in
            guard state.version == 0 || partitions != state.partitions else { return [CheckedContinuation<Void, Never>]() }
            state.partitions = partitions
            state.version += 1
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once there is a version after `version`, or when cancelled.
    func wait(after version: Int) async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let mustWait = state.withLock { state in
                    guard state.version <= version, !Task.isCancelled else { return false }
                    state.waiters[ticket] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume()
        }
    }
}
