import EventLog
import Synchronization

/// News, within one process, of how far its runners have brought a store's live read models, so that whoever waits for a position need
/// not poll. One for each store and process, shared by its runners and its queries.
public final class AppliedSignal: Sendable {
    private struct Waiter {
        let needs: [LogPosition]
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct View {
        var applied: [TopicPartition: Offset] = [:]
        var waiters: [Int: Waiter] = [:]

        func hasApplied(_ needs: [LogPosition]) -> Bool {
            needs.allSatisfy { (applied[$0.partition] ?? Offset(-1)) >= $0.offset }
        }
    }

    private struct State {
        var views: [String: View] = [:]
        var nextTicket = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Tells that `projection` has been applied up to these positions.
    func advance(_ projection: String, _ positions: AppliedPositions) {
        let woken: [Waiter] = state.withLock { state in
            var view = state.views[projection] ?? View()
            for (partition, position) in positions.positions {
                let key = TopicPartition(positions.topic, partition)
                view.applied[key] = max(view.applied[key] ?? Offset(-1), position.offset)
            }
            let woken = view.waiters.filter { view.hasApplied($0.value.needs) }
            for ticket in woken.keys { view.waiters[ticket] = nil }
            state.views[projection] = view
            return Array(woken.values)
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Returns once a runner of this process has told of `needs`, at once if it already has, or when cancelled.
    package func wait(for needs: [LogPosition], in projection: String) async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let mustWait = state.withLock { state in
                    var view = state.views[projection] ?? View()
                    guard !view.hasApplied(needs), !Task.isCancelled else { return false }
                    view.waiters[ticket] = Waiter(needs: needs, continuation: continuation)
                    state.views[projection] = view
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.views[projection]?.waiters.removeValue(forKey: ticket) }?.continuation.resume()
        }
    }
}
