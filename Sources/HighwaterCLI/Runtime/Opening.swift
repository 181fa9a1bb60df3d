import EventLog
import EventModel
import Logging
import ServiceLifecycle
import Synchronization

/// What a fault says about the next attempt.
enum OpeningFault {
    /// The other side is away, and may come back by itself.
    case passing
    /// Someone has to mend something first.
    case lasting
}

/// The opening of something outside of the process, such as a cluster's topics or a database, as a service: it is tried until it succeeds, with
/// growing pauses, or fails for good.
///
/// The process's log says for what it waits, since when and why: at the first fault, and once each ``reminder`` while it lasts.
final class Opening<Value: Sendable>: Service, CustomStringConvertible {
    private struct State {
        /// When the first attempt began.
        var since: Timestamp?
        var fault: String?
        var toldAt: Timestamp?
        var value: Value?
    }

    /// What is opened, as messages name it: "PostgreSQL at db:5432/commerce". Holds no secret.
    let subject: String
    /// Opened once the value is there.
    let gate = Gate()
    private let reminder: Duration
    private let environment: EngineEnvironment
    private let logger: Logger
    private let judge: @Sendable (any Error) -> OpeningFault
    private let attempt: @Sendable () async throws -> Value
    private let state = Mutex(State())

    var description: String { "opening of \(subject)" }

    /// - Parameters:
    ///   - reminder: how often the log repeats that it still waits.
    ///   - judge: whether waiting helps.
    ///   - attempt: may be left behind at its work when the process is told to stop.
    init(
        _ subject: String, reminder: Duration = .seconds(60), environment: EngineEnvironment = .system, logger: Logger,
        judge: @escaping @Sendable (any Error) -> OpeningFault, attempt: @escaping @Sendable () async throws -> Value
    ) {
        self.subject = subject
        self.reminder = reminder
        self.environment = environment
        self.logger = logger
        self.judge = judge
        self.attempt = attempt
    }

    /// Nil until it is open.
    var value: Value? { state.withLock { $0.value } }

    /// What it waits for, since when and why, for operators; nil once it is open.
    var waiting: String? {
        state.withLock { state in
            guard state.value == nil else { return nil }
            guard let since = state.since else { return "waiting for \(subject)" }
            return "waiting for \(subject) since \(since)" + (state.fault.map { ": \($0)" } ?? "")
        }
    }

    /// Opens it, and then runs until the process is told to stop.
    ///
    /// - Throws: ``Failure`` for a lasting fault.
    func run() async throws {
        guard try await open() != nil else { return }
        try? await gracefulShutdown()
    }

    /// The value once it is there; nil where the process is told to stop before.
    ///
    /// - Throws: ``Failure`` for a lasting fault.
    func open() async throws -> Value? {
        do {
            return try await cancelWhenGracefulShutdown { try await self.untilOpen() }
        } catch is CancellationError {
            return nil
        }
    }

    private func untilOpen() async throws -> Value {
        var backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))
        state.withLock { [environment] in $0.since = environment.now() }
        while true {
            do {
                let value = try await attemptOnce()
                opened(value)
                return value
            } catch let error as CancellationError {
                throw error
            } catch {
                guard case .passing = judge(error) else { throw error as? Failure ?? Failure("\(error)") }
                failed("\(error)")
                // Not less than half of the pause: a server that comes back is not met by everyone at once, nor asked again at once.
                try await environment.clock.sleep(for: backoff.next(jitter: 0.5 + environment.jitter() / 2))
            }
        }
    }

    /// Ends with its task at once, though the attempt may block until a deadline of its own.
    private func attemptOnce() async throws -> Value {
        let (results, continuation) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
        let task = Task { [attempt] in
            do {
                continuation.yield(.success(try await attempt()))
            } catch {
                continuation.yield(.failure(error))
            }
            continuation.finish()
        }
        return try await withTaskCancellationHandler {
            for await result in results { return try result.get() }
            throw CancellationError()
        } onCancel: {
            task.cancel()
        }
    }

    private func opened(_ value: Value) {
        let (hasWaited, since) = state.withLock { state in
            state.value = value
            return (state.fault != nil, state.since)
        }
        if hasWaited { logger.notice("reached \(subject)", metadata: ["waited_since": "\(since ?? environment.now())"]) }
        gate.open()
    }

    private func failed(_ fault: String) {
        let now = environment.now()
        let (since, isDue) = state.withLock { state in
            let since = state.since ?? now
            state.fault = fault
            let isDue = state.toldAt.map { $0.advanced(by: reminder) <= now } ?? true
            if isDue { state.toldAt = now }
            return (since, isDue)
        }
        if isDue { logger.warning("waiting for \(subject)", metadata: ["since": "\(since)", "reason": "\(fault)"]) }
    }
}
