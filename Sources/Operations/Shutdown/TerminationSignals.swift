import Foundation
import Synchronization
import UnixSignals

/// SIGTERM and Ctrl-C, for a tool that must give back what it holds before it ends. From its making on these signals do not end the process
/// by themselves; to be made once, for as long as the process runs.
public final class TerminationSignals: Sendable {
    private struct State {
        var received: UnixSignal?
        var cancelWork: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    public init() async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        Task { for await signal in signals { received(signal) } }
    }

    /// Runs `work` and cancels it when a signal comes, or has come before. A second signal ends the process at once, with status 1.
    ///
    /// - Throws: ``Interrupted`` where a signal came and the work failed; else what the work throws. Work that ends well all the same has ended
    ///   well.
    public func cancelling<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let task = Task { try await work() }
        let isLate = state.withLock { state in
            state.cancelWork = { task.cancel() }
            return state.received != nil
        }
        if isLate { task.cancel() }
        defer { state.withLock { $0.cancelWork = nil } }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            if let signal = state.withLock({ $0.received }) { throw Interrupted(signal: signal) }
            throw error
        }
    }

    private func received(_ signal: UnixSignal) {
        let cancelWork = state.withLock { state in
            if state.received != nil { exit(1) }
            state.received = signal
            return state.cancelWork
        }
        cancelWork?()
    }
}

/// Work was stopped by a signal.
public struct Interrupted: Error, CustomStringConvertible {
    let signal: UnixSignal

    public var description: String { "stopped by \(signal)" }
}
