import Foundation
import Testing

/// A command with everything that became of it, as its client saw it.
struct SentCommand: Sendable {
    enum Outcome: Sendable {
        case answered(Server.Answer)
        /// Nobody took the connection: nothing was sent, and the client moves on.
        case notConnected
        /// The connection ended, or the time ran out, after the request was on its way.
        case lost(String)
    }

    struct Attempt: Sendable {
        let url: String
        let began: ContinuousClock.Instant
        let ended: ContinuousClock.Instant
        let outcome: Outcome

        /// Whether a client would say that the service failed it.
        var isFailure: Bool {
            switch outcome {
            case .answered(let answer): answer.status >= 500
            case .notConnected: false
            case .lost: !isReset
            }
        }

        /// Whether the connection was reset. A server that stops listening cannot keep the kernel from doing so to a connection that nobody
        /// has accepted yet; nothing of it was read.
        var isReset: Bool {
            if case .lost(let why) = outcome { why.contains("errno: \(ECONNRESET))") } else { false }
        }

        var text: String {
            switch outcome {
            case .answered(let answer): "\(url) answered \(answer.status) \(answer.text.prefix(300))"
            case .notConnected: "\(url) refused the connection"
            case .lost(let why): "\(url): \(why)"
            }
        }
    }

    let key: String
    /// `order/…`
    let stream: String
    let name: String
    var attempts: [Attempt] = []

    /// The definite answer; nil where the client gave up.
    var answer: Server.Answer? {
        get {
            guard case .answered(let answer)? = attempts.last?.outcome, answer.isDefinite else { return nil }
            return answer
        }
        set {
            guard let newValue, let last = attempts.popLast() else { return }
            attempts.append(Attempt(url: last.url, began: last.began, ended: last.ended, outcome: .answered(newValue)))
        }
    }

    /// What was committed, by the answer.
    var acknowledged: Server.Answer? { answer.flatMap { $0.status == 200 || $0.status == 201 ? $0 : nil } }
    var partition: Int? {
        answer?.position.flatMap { $0.split(separator: "@").first?.split(separator: "/").last }.flatMap { Int($0) }
    }
    /// From the first try to the definite answer.
    var latency: Duration { (attempts.first?.began ?? .now).duration(to: attempts.last?.ended ?? .now) }
    var text: String { "\(key) \(stream)/\(name): " + attempts.map(\.text).joined(separator: "; ") }
}

extension Server.Answer {
    /// Whether it says what became of the command, for good.
    var isDefinite: Bool { status < 500 && status != 429 }
}

extension [SentCommand] {
    /// Connections that were reset, and then answered elsewhere.
    var resets: [String] {
        flatMap { command in command.attempts.filter(\.isReset).map { "\(command.key) \($0.text)" } }
    }

    /// Attempts that a rolling restart must not have.
    var failures: [String] {
        flatMap { command in command.attempts.filter(\.isFailure).map { "\(command.key) \($0.text)" } }
    }

    var acknowledged: [SentCommand] { filter { $0.acknowledged != nil } }

    /// How long until each of these partitions acknowledged a command that was sent after an instant.
    func timeToNextAcknowledged(_ partitions: Set<Int>, after instant: ContinuousClock.Instant) -> [Int: Duration] {
        var times: [Int: Duration] = [:]
        for command in acknowledged {
            guard let partition = command.partition, partitions.contains(partition), let last = command.attempts.last, last.began > instant
            else { continue }
            times[partition] = Swift.min(times[partition] ?? .seconds(86_400), instant.duration(to: last.ended))
        }
        return times
    }

    /// The longest that a command, begun in this time, took.
    func longest(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Duration {
        filter { command in command.attempts.first.map { $0.began >= start && $0.began <= end } ?? false }.map(\.latency).max() ?? .zero
    }
}
