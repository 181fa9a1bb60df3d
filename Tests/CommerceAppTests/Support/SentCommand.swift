import Foundation
import Testing

/// A command with everything that became of it, as its client saw it.
struct SentCommand: Sendable {
    enum Outcome: Sendable {
        case answered(Server.Answer)
        /// Nobody took the connection: nothing was sent, and the client moves on.
        case notConnected
        /// The connection ended, or the time ran out, after the request was on its way: on a new connection, or on one that had brought
        /// answers before.
        case lost(String, onNewConnection: Bool)
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

        /// Whether the connection was reset, or, being in use, closed in the moment in which the request went out.
        var isReset: Bool {
            guard case .lost(let why, let isNew) = outcome else { return false }
            return why.contains("errno: \(ECONNRESET))")
                || !isNew && ["remoteConnectionClosed", "ioOnClosedChannel"].contains { why.contains($0) }
        }

        /// Whether it was reset before it brought any answer. A server that stops listening cannot keep the kernel from doing so to a
        /// connection that nobody has accepted yet; nothing of it was read.
        var isResetAtOnce: Bool {
            if case .lost(_, let isNew) = outcome { isReset && isNew } else { false }
        }

        var text: String {
            switch outcome {
            case .answered(let answer): "\(url) answered \(answer.status) \(answer.text.prefix(300))"
            case .notConnected: "\(url) refused the connection"
            case .lost(let why, let isNew): "\(url), by a connection \(isNew ? "just made" : "in use"): \(why)"
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
    /// Attempts by connections that were reset, though not at once.
    var resets: [String] {
        flatMap { command in command.attempts.filter { $0.isReset && !$0.isResetAtOnce }.map { "\(command.key) \($0.text)" } }
    }

    /// Attempts by connections that were reset at once.
    var resetsAtOnce: [String] {
        flatMap { command in command.attempts.filter(\.isResetAtOnce).map { "\(command.key) \($0.text)" } }
    }

    /// Attempts that a rolling restart must not have.
    var failures: [String] {
        flatMap { command in command.attempts.filter(\.isFailure).map { "\(command.key) \($0.text)" } }
    }

    var acknowledged: [SentCommand] { filter { $0.acknowledged != nil } }

    /// The longest that a command, begun in this time, took.
    func longest(in time: ClosedRange<ContinuousClock.Instant>) -> Duration {
        filter { command in command.attempts.first.map { time.contains($0.began) } ?? false }.map(\.latency).max() ?? .zero
    }
}
