import EventLog
import Synchronization

/// Where the readers of several partitions hand their batches to the one task that folds them: a place for one batch a partition, so a
/// reader waits for the fold and memory is bounded.
final class BatchMailbox: Sendable {
    private struct State {
        var batches: [Partition: ChainBatch] = [:]
        var isInterrupted = false
        var taker: CheckedContinuation<Void, Never>?
        var putters: [Partition: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Returns once the batch has its place; the partition's batch before it has been taken then.
    func put(_ batch: ChainBatch, of partition: Partition) async throws {
        while true {
            try Task.checkCancellation()
            let (isPut, taker): (Bool, CheckedContinuation<Void, Never>?) = state.withLock { state in
                guard state.batches[partition] == nil else { return (false, nil) }
                state.batches[partition] = batch
                return (true, state.taker.take())
            }
            taker?.resume()
            if isPut { return }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let mustWait = state.withLock { state in
                        guard state.batches[partition] != nil, !Task.isCancelled else { return false }
                        state.putters[partition] = continuation
                        return true
                    }
                    if !mustWait { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.putters.removeValue(forKey: partition) }?.resume()
            }
        }
    }

    /// Everything that is there, waiting for something; nil once interrupted.
    func take() async throws -> [Partition: ChainBatch]? {
        while true {
            try Task.checkCancellation()
            let (batches, isInterrupted, putters) = state.withLock { state in
                defer {
                    state.batches = [:]
                    state.putters = [:]
                }
                return (state.batches, state.isInterrupted, Array(state.putters.values))
            }
            for putter in putters { putter.resume() }
            if isInterrupted { return nil }
            if !batches.isEmpty { return batches }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let mustWait = state.withLock { state in
                        guard state.batches.isEmpty, !state.isInterrupted, !Task.isCancelled else { return false }
                        state.taker = continuation
                        return true
                    }
                    if !mustWait { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.taker.take() }?.resume()
            }
        }
    }

    /// Makes the taker stop at once.
    func interrupt() {
        state.withLock { state in
            state.isInterrupted = true
            return state.taker.take()
        }?.resume()
    }
}
