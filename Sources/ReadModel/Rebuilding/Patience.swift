import EventLog
import EventModel
import Logging

/// Tries again what store or log cannot do for the moment, with backoff, until that has lasted too long.
struct Patience: Sendable {
    let retry: (base: Duration, cap: Duration)
    let limit: Duration
    let environment: EngineEnvironment
    let logger: Logger

    /// - Parameter settle: asked after each fault, before `body` is tried again: what became of the attempt, where that can be told.
    /// - Throws: `CancellationError`, what is not retriable, and a retriable fault once it has lasted for ``limit``.
    func run<Result>(
        settle: () async throws -> Result? = { nil }, _ body: () async throws -> Result
    ) async throws -> Result {
        var backoff = Backoff(base: retry.base, cap: retry.cap)
        var since: Timestamp?
        while true {
            do {
                if since != nil, let settled = try await settle() { return settled }
                return try await body()
            } catch  where Self.isRetriable(error) {
                try Task.checkCancellation()
                let now = environment.now()
                let begun = since ?? now
                since = begun
                guard begun.advanced(by: limit) > now else { throw error }
                let wait = backoff.next(jitter: environment.jitter())
                logger.warning("the rebuild waits to try again", metadata: ["error": "\(error)", "wait": "\(wait)"])
                try await environment.clock.sleep(for: wait)
            }
        }
    }

    private static func isRetriable(_ error: any Error) -> Bool {
        switch error {
        case let error as ReadModelError: error.isRetriable
        case let error as LogError: error.isRetriable
        default: false
        }
    }
}
