import EventLog
import HTTPTypes
import Hummingbird
import Metrics
import WriteModel

/// Gets a request answered by whoever owns its stream: by this instance, or by the one that has announced itself as the owner, which is
/// followed where it moves.
///
/// A request is forwarded once: a receiver that is not the owner says so, and the sender looks again. So nothing goes in circles. Sending a
/// command again is safe, since its key goes along. What has been sent and was not answered stays in doubt until an attempt tells what became
/// of it: that a later attempt had no effect does not.
struct Forwarder: Sendable {
    let client = ForwardingClient()
    /// Within which a command is answered, or said to be unknown; and a read, unless its caller is ready to wait longer.
    let timeout: Duration
    /// How long to look for an owner where there is none.
    let patience: Duration
    /// How long an owner that has been succeeded may still take to answer what it was sent.
    let grace = Duration.milliseconds(250)
    let environment: EngineEnvironment
    private let forwarded: Counter
    private let misdirected: Counter

    init(timeout: Duration, patience: Duration, environment: EngineEnvironment, metrics: any MetricsFactory) {
        self.timeout = timeout
        self.patience = patience
        self.environment = environment
        forwarded = Counter(label: "highwater_forwarded_requests_total", dimensions: [], factory: metrics)
        misdirected = Counter(label: "highwater_misdirected_requests_total", dimensions: [], factory: metrics)
    }

    /// - Parameter locally: what this instance makes of it, within the time given.
    /// - Throws: ``Problem``: `unavailable` where there is no owner, `outcomeUnknown` where a command was sent and its answer was lost.
    func answer(_ request: StreamRequest, locally: (Duration) async throws -> LocalAnswer) async throws -> Response {
        let elapsed = environment.clock.stopwatch()
        let longest = max(timeout, request.wait)
        let limit = min(longest, request.timeout ?? longest)
        var remaining = limit
        var pause = Backoff(base: .milliseconds(20), cap: .milliseconds(250))
        var isInDoubt = false
        while true {
            var reason: String
            do {
                switch try await locally(remaining) {
                case .response(let response): return response
                case .notOwner(let why): reason = why
                }
            } catch let problem as Problem where isInDoubt && problem.kind.status.tellsNoEffect {
                reason = problem.detail
            }
            guard request.sender == nil else {
                misdirected.increment()
                // Whom it was meant for may have ended, with this one in its place.
                let isStranger = request.addressee.map { $0 != request.service.instance } ?? false
                throw Problem(
                    .unavailable, reason,
                    headers: [.retryAfter: "1", .highwaterMisdirected: isStranger ? ForwardingClient.stranger : "true"])
            }
            guard let owners = request.service.owners, let partition = request.service.partition(of: request.stream) else {
                throw Problem.unavailable(reason)
            }
            let owner = owners.owner(of: partition)
            if let owner, owner.instance != request.service.instance {
                forwarded.increment()
                switch await send(request, to: owner, owners, within: max(.zero, limit - elapsed())) {
                case .answered(let response):
                    guard isInDoubt && response.status.tellsNoEffect else { return response }
                    reason = "the owner of \(partition) could not tell"
                case .misdirected(byStranger: false):
                    reason = "the owner of \(partition) has just changed, and the new one has not announced itself yet"
                case .misdirected(byStranger: true):
                    owners.missed(owner)
                    reason = "the owner of \(partition) has ended"
                case .unreached:
                    owners.missed(owner)
                    reason = "the owner of \(partition) cannot be reached"
                case .lost:
                    isInDoubt = isInDoubt || request.commandID != nil
                    reason = "the owner of \(partition) did not answer"
                }
            }
            guard elapsed() < (isInDoubt ? limit : min(limit, patience)) else {
                guard isInDoubt, let id = request.commandID else {
                    guard let prospect = await request.service.prospect(of: request.stream) else { throw Problem.unavailable(reason) }
                    throw Problem.unavailable("\(prospect.explanation); nothing happened, send it again", retryAfter: prospect.retryAfter)
                }
                throw Problem.outcomeUnknown(id)
            }
            await change(of: partition, from: owner, owners, within: pause.next(jitter: (1 + environment.jitter()) / 2))
            remaining = max(.zero, limit - elapsed())
        }
    }

    /// Sends it, unless another owner is announced before there is an answer.
    private func send(
        _ request: StreamRequest, to owner: OwnerAnnouncement, _ owners: any OwnerDirectory, within timeout: Duration
    ) async -> ForwardingClient.Result {
        await withTaskGroup(of: ForwardingClient.Result.self) { group in
            group.addTask { await client.send(request, to: owner, as: request.service.instance, within: timeout) }
            group.addTask {
                _ = await owners.change(of: owner.partition, from: owner)
                try? await environment.clock.sleep(for: grace)
                return .lost("another instance has taken \(owner.partition)")
            }
            group.addTask {
                try? await environment.clock.sleep(for: timeout)
                return .lost("there was no answer in time")
            }
            defer { group.cancelAll() }
            return await group.next() ?? .lost("it was cancelled")
        }
    }

    private func change(
        of partition: TopicPartition, from owner: OwnerAnnouncement?, _ owners: any OwnerDirectory, within timeout: Duration
    ) async {
        await withTaskGroup { group in
            group.addTask { _ = await owners.change(of: partition, from: owner) }
            group.addTask { try? await environment.clock.sleep(for: timeout) }
            await group.next()
            group.cancelAll()
        }
    }
}

extension HTTPResponse.Status {
    /// Whether it says of an attempt that nothing happened, and not what became of those before it.
    fileprivate var tellsNoEffect: Bool { self == .serviceUnavailable || self == .tooManyRequests }
}
