import Dispatch
import EventLog
import Foundation
import Synchronization

/// Threads for librdkafka's calls that block, so that none runs on the cooperative pool. They are started as they are needed, up to a
/// number; beyond it calls wait their turn.
final class BlockingCalls: Sendable {
    private struct State {
        var calls: [@Sendable () -> Void] = []
        var next = 0
        var threads = 0
        var idle = 0
        var isClosed = false
    }

    private let limit: Int
    private let state = Mutex(State())
    private let available = DispatchSemaphore(value: 0)

    init(threads limit: Int) { self.limit = limit }

    func run<T: Sendable>(_ body: @escaping @Sendable () throws(LogError) -> T) async throws(LogError) -> T {
        let result: Result<T, LogError> = await withCheckedContinuation { continuation in
            enqueue {
                do throws(LogError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Runs `call` on one of the threads; once closed, on a thread of its own, since cleaning up must go on.
    func enqueue(_ call: @escaping @Sendable () -> Void) {
        enum Next { case queued, start, apart }
        let next: Next = state.withLock { state in
            guard !state.isClosed else { return .apart }
            state.calls.append(call)
            if state.idle > 0 {
                state.idle -= 1
                return .queued
            }
            guard state.threads < limit else { return .queued }
            state.threads += 1
            return .start
        }
        switch next {
        case .queued: available.signal()
        case .start:
            available.signal()
            Thread.detachNewThread { [self] in work() }
        case .apart: Thread.detachNewThread(call)
        }
    }

    /// Ends the threads once what is queued has run.
    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            return state.threads
        }
        for _ in 0..<threads { available.signal() }
    }

    private func work() {
        while true {
            available.wait()
            let call: (@Sendable () -> Void)? = state.withLock { state in
                guard state.next < state.calls.count else { return nil }
                let call = state.calls[state.next]
                state.next += 1
                if state.next == state.calls.count {
                    state.calls.removeAll(keepingCapacity: true)
                    state.next = 0
                }
                return call
            }
            guard let call else {
                if state.withLock({ $0.isClosed }) { return }
                continue
            }
            call()
            state.withLock { $0.idle += 1 }
        }
    }
}
