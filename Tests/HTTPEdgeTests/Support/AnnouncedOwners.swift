import EventLog
import Synchronization
import WriteModel

/// A directory of owners that a test writes.
final class AnnouncedOwners: OwnerDirectory {
    private struct State {
        var owners: [TopicPartition: OwnerAnnouncement] = [:]
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextTicket = 0
        var missed: [OwnerAnnouncement] = []
    }

    private let state = Mutex(State())
    private let waiting: AsyncStream<Void>.Continuation
    /// An element for each one who waits for a change.
    let waits: AsyncStream<Void>

    init() { (waits, waiting) = AsyncStream.makeStream() }

    func announce(_ instance: String, at url: String, epoch: Int64, of partition: TopicPartition = banking) {
        let owner = OwnerAnnouncement(partition: partition, epoch: Epoch(epoch), instance: instance, url: url)
        let waiters = state.withLock { state in
            state.owners[partition] = owner
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Those whom requests have not found.
    var missed: [OwnerAnnouncement] { state.withLock { $0.missed } }

    func missed(_ owner: OwnerAnnouncement) { state.withLock { $0.missed.append(owner) } }

    func owner(of partition: TopicPartition) -> OwnerAnnouncement? { state.withLock { $0.owners[partition] } }

    func change(of partition: TopicPartition, from known: OwnerAnnouncement?) async -> OwnerAnnouncement? {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        while owner(of: partition) == known, !Task.isCancelled {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let mustWait = state.withLock { state in
                        guard state.owners[partition] == known, !Task.isCancelled else { return false }
                        state.waiters[ticket] = continuation
                        return true
                    }
                    if mustWait { waiting.yield() } else { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume()
            }
        }
        return owner(of: partition)
    }
}

/// The partition of every stream of ``InMemoryCommands``.
let banking = TopicPartition("banking", Partition(0))
