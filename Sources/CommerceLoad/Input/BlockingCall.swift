import Foundation
import Synchronization

/// Work that may block for long, on a thread of its own: the cooperative pool has one a core.
final class BlockingCall<Result: Sendable>: Sendable {
    private let caller = Mutex<CheckedContinuation<Result, any Error>?>(nil)

    private init() {}

    /// A cancelled caller goes on at once; the thread ends with its work.
    static func run(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        let call = BlockingCall()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                call.caller.withLock { $0 = continuation }
                // A cancellation that came first found no caller.
                if Task.isCancelled { return call.end(.failure(CancellationError())) }
                Thread.detachNewThread { call.end(Swift.Result { try work() }) }
            }
        } onCancel: {
            call.end(.failure(CancellationError()))
        }
    }

    private func end(_ result: Swift.Result<Result, any Error>) {
        let caller = caller.withLock { caller in
            defer { caller = nil }
            return caller
        }
        caller?.resume(with: result)
    }
}
