import EventLog
import Synchronization

/// Where readers wait for records, one entry a partition.
///
/// A reader takes a ``Token``, looks for records, and waits with that token. Whatever was announced after it was taken ends the wait at
/// once, so no record is missed between looking and waiting.
final class Arrivals: Sendable {
    /// A moment in the sequence of outside disturbances.
    struct Token: Hashable, Sendable {
        fileprivate let disturbances: UInt64
    }

    private struct Waiter {
        let offset: Offset
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var waiters: [PartitionKey: [UInt64: Waiter]] = [:]
        var ends: [PartitionKey: Offset] = [:]
        var disturbances: UInt64 = 0
        var nextTicket: UInt64 = 0
        /// Tickets that were cancelled before they came to wait.
        var cancelled: Set<UInt64> = []
        var closing: LogError?
    }

    private let state = Mutex(State())

    var token: Token { state.withLock { Token(disturbances: $0.disturbances) } }

    /// Records are there up to `ends`: wakes who waits for one of them.
    func announce(_ ends: [PartitionKey: Offset]) {
        let woken = state.withLock { state in
            var woken: [CheckedContinuation<Void, any Error>] = []
            for (key, end) in ends {
                state.ends[key] = max(end, state.ends[key] ?? .zero)
                guard let waiters = state.waiters[key] else { continue }
                for (ticket, waiter) in waiters where waiter.offset < end {
                    state.waiters[key]?[ticket] = nil
                    woken.append(waiter.continuation)
                }
                if state.waiters[key]?.isEmpty == true { state.waiters[key] = nil }
            }
            return woken
        }
        for continuation in woken { continuation.resume() }
    }

    /// Something may have arrived from outside. Who holds an older token looks again; who waits already is for the caller to find out.
    ///
    /// - Returns: the partitions that are waited for.
    func disturb() -> [PartitionKey] {
        state.withLock { state in
            state.disturbances += 1
            return Array(state.waiters.keys)
        }
    }

    /// Wakes everybody, to look for themselves.
    func wakeAll() {
        for waiter in takeAll(closing: nil) { waiter.continuation.resume() }
    }

    /// Ends every wait, now and later, with `error`.
    func close(with error: LogError) {
        for waiter in takeAll(closing: error) { waiter.continuation.resume(throwing: error) }
    }

    /// Returns when the partition may hold `offset`, or at once if something happened since `token`. Without one only announcements count.
    func wait(for key: PartitionKey, at offset: Offset, since token: Token?) async throws {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        defer { state.withLock { _ = $0.cancelled.remove(ticket) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.contains(ticket) { return .failure(CancellationError()) }
                    if let closing = state.closing { return .failure(closing) }
                    if let token, state.disturbances != token.disturbances { return .success(()) }
                    if let end = state.ends[key], offset < end { return .success(()) }
                    state.waiters[key, default: [:]][ticket] = Waiter(offset: offset, continuation: continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                if let waiter = state.waiters[key]?.removeValue(forKey: ticket) {
                    if state.waiters[key]?.isEmpty == true { state.waiters[key] = nil }
                    return Optional(waiter)
                }
                state.cancelled.insert(ticket)
                return nil
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    private func takeAll(closing: LogError?) -> [Waiter] {
        state.withLock { state in
            if let closing { state.closing = closing }
            defer { state.waiters = [:] }
            return state.waiters.values.flatMap(\.values)
        }
    }
}
