import AsyncHTTPClient
import HighwaterCLI
import NIOCore
import NIOHTTP1

/// Sends an invoice's command, again and again with the same key until it has a definite answer.
struct CommandSender: Sendable {
    enum Outcome: Equatable, Sendable {
        case committed
        case replayed
        /// The domain said no, by its name for that; or the server takes no such command: `malformed`, `too-large`, `status-403`.
        case refused(String, detail: String? = nil)
    }

    private let client: HTTPClient
    private let url: String
    private let patience: Duration
    private let progress: LoadProgress
    private let time: SenderTime
    private static let longestAttempt = Duration.seconds(30)
    private static let largestAnswer = 16 << 20

    /// What the sender needs of its client.
    static let configuration = {
        var configuration = HTTPClient.Configuration()
        // That no server listens is for the patience.
        configuration.connectionPool.retryConnectionEstablishment = false
        // A redirected POST becomes a GET.
        configuration.redirectConfiguration = .disallow
        return configuration
    }()

    /// - Parameters:
    ///   - client: made with ``configuration``.
    ///   - patience: for how long the load goes on without an answer to any command.
    ///   - progress: what the senders of one load share.
    init(client: HTTPClient, url: String, patience: Duration, progress: LoadProgress = LoadProgress(), time: SenderTime = SenderTime()) {
        self.client = client
        self.url = url
        self.patience = patience
        self.progress = progress
        self.time = time
    }

    /// - Throws: ``Failure`` where the patience ends, or every command would be refused.
    func send(_ command: InvoiceCommand) async throws -> Outcome {
        let start = time.now()
        var attempt = 0
        while true {
            let left = time.now().duration(to: progress.end(of: patience, since: start))
            switch try await answer(to: command, within: min(Self.longestAttempt, max(left, .seconds(1)))) {
            case .outcome(.refused("too-large", let detail)):
                progress.addAnswer(at: time.now())
                return .refused("too-large", detail: "\(detail ?? "413") (the command has \(command.body.count) bytes)")
            case .outcome(let outcome):
                progress.addAnswer(at: time.now())
                return outcome
            case .final(let problem):
                throw Failure("\(url)\(command.path) was answered \(problem)")
            case .passing(let problem, let retryAfter):
                attempt += 1
                try await pause(retryAfter.map { $0 + time.share(.seconds(1)) } ?? backoff(attempt), since: start) {
                    Failure(
                        "\(url)\(command.path) got no definite answer, and no other command did for \(patience.components.seconds) s"
                            + (retryAfter.map { ", while it asks to wait for \($0.components.seconds) s" } ?? "") + ": \(problem)")
                }
            }
        }
    }

    /// Exponential with full jitter, 2 s at the most.
    private func backoff(_ attempt: Int) -> Duration { time.share(.milliseconds(min(2000, 20 << min(attempt, 10)))) }

    /// Waits, but not beyond the patience, which answers to other commands may lengthen meanwhile.
    private func pause(_ duration: Duration, since start: ContinuousClock.Instant, failure: () -> Failure) async throws {
        let due = time.now() + duration
        while true {
            let now = time.now()
            let end = progress.end(of: patience, since: start)
            guard now < end else { throw failure() }
            guard now < due else { return }
            try await time.sleep(now.duration(to: min(due, end)))
        }
    }

    private func answer(to command: InvoiceCommand, within limit: Duration) async throws -> Answer {
        var request = HTTPClientRequest(url: url + command.path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Idempotency-Key", value: command.idempotencyKey)
        request.body = .bytes(command.body)
        do {
            let response = try await client.execute(request, timeout: TimeAmount(limit))
            let body = try await response.body.collect(upTo: Self.largestAnswer)
            return Answer(
                status: Int(response.status.code), header: { response.headers.first(name: $0) }, body: Array(body.readableBytesView),
                isKnown: progress.answered > 0, now: time.secondsSince1970())
        } catch {
            try Task.checkCancellation()
            return .passing(TransportFault.text(error))
        }
    }
}
