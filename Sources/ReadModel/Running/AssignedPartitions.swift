import EventLog
import Synchronization

/// The partitions that a runner works on, and a way to wait for a change: those that the group gives it, and those that stand still in its
/// database although the group has given them to another.
final class AssignedPartitions: Sendable {
    private struct State {
        var given: Set<Partition> = []
        var adopted: Set<Partition> = []
        var version = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextTicket = 0

        mutating func change() -> [CheckedContinuation<Void, Never>] {
            version += 1
            defer { waiters = [:] }
            return Array(waiters.values)
        }
    }

    private let state = Mutex(State())

    /// The partitions and their version; version 0 is before the group's first assignment.
    var current: (partitions: Set<Partition>, version: Int) { state.withLock { ($0.given.union($0.adopted), $0.version) } }

    /// The group's assignment, which ends all adoptions where it is another than before.
    func set(_ partitions: Set<Partition>) {
        wake { state in
            guard state.version == 0 || partitions != state.given else { return [] }
            state.given = partitions
            state.adopted = []
            return state.change()
        }
    }

    /// Adds partitions that nobody seems to work on.
    ///
    /// - Returns: those that are new.
    func adopt(_ partitions: Set<Partition>) -> Set<Partition> {
        var new: Set<Partition> = []
        wake { state in
            new = partitions.subtracting(state.given).subtracting(state.adopted)
            guard !new.isEmpty else { return [] }
            state.adopted.formUnion(new)
            return state.change()
        }
        return new
    }

    /// Ends all adoptions: somebody works on these partitions after all.
    func disown() {
        wake { state in
            guard !state.adopted.isEmpty else { return [] }
            state.adopted = []
            return state.change()
        }
    }

    /// Has whoever works on them begin again.
    func renew() { wake { $0.change() } }

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

    private func wake(_ change: (inout State) -> [CheckedContinuation<Void, Never>]) {
        let waiters = state.withLock { change(&$0) }
        for waiter in waiters { waiter.resume() }
    }
}
