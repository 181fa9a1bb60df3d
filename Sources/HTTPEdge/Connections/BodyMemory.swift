import Metrics
import Synchronization

/// The memory that the bodies of all requests under way may take together.
final class BodyMemory: Sendable {
    private struct State {
        var shares: BodyShares
        var waiting: [Int: @Sendable () -> Void] = [:]
    }

    private let state: Mutex<State>
    private let inUse: Gauge

    /// - Parameter bytes: at least what one body may have is used.
    init(bytes: Int, maximumBodyBytes: Int, metrics: any MetricsFactory) {
        // Three quarters are for large bodies.
        state = Mutex(State(shares: BodyShares(capacity: max(bytes, maximumBodyBytes / 3 * 4 + 4))))
        inUse = Gauge(label: "highwater_http_body_bytes", dimensions: [], factory: metrics)
    }

    /// - Parameter whenTaken: called once where the share is not taken at once.
    /// - Returns: a share to be given back, and whether it is taken.
    func ask(_ bytes: Int, whenTaken: @escaping @Sendable () -> Void) -> (share: Int, isTaken: Bool) {
        let (asked, used) = state.withLock { state in
            let asked = state.shares.ask(bytes)
            if !asked.isTaken { state.waiting[asked.share] = whenTaken }
            return (asked, state.shares.inUse)
        }
        inUse.record(used)
        return asked
    }

    func giveBack(_ share: Int) {
        let (served, used) = state.withLock { state in
            state.waiting[share] = nil
            let served = state.shares.giveBack(share).compactMap { state.waiting.removeValue(forKey: $0) }
            return (served, state.shares.inUse)
        }
        inUse.record(used)
        for whenTaken in served { whenTaken() }
    }
}
