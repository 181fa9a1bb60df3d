import Synchronization

/// Whether whoever asked for a piece of work has lost interest.
final class CancelFlag: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .acquiring) }
    func cancel() { flag.store(true, ordering: .releasing) }
}
