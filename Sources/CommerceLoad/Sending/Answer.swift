import Foundation
import HighwaterCLI

/// What an answer of the command API means for a command.
enum Answer: Equatable, Sendable {
    case outcome(CommandSender.Outcome)
    /// It may be otherwise soon: nothing is known of the command.
    case passing(String, retryAfter: Duration? = nil)
    /// Every command would be answered so.
    case final(String)

    /// - Parameters:
    ///   - isKnown: the API behind the URL has answered a command before. Until then, an answer in another program's words says that
    ///     the URL is not that of a command API.
    ///   - now: seconds since 1970.
    init(status: Int, header: (String) -> String?, body: [UInt8], isKnown: Bool, now: Int64) {
        let problem = Self.problem(body)
        let words = "\(status): \(problem?.detail ?? "'\(Excerpt(body))'")"
        switch status {
        case 200, 201:
            if let replayed = Self.success(body)?.replayed {
                self = .outcome(replayed ? .replayed : .committed)
            } else {
                self = .passing("\(words), which is no answer to a command")
            }
        case 300..<400:
            self = .final("\(status), a redirect to '\(Excerpt(header("Location") ?? ""))': give --url as it is meant")
        case 408, 425, 429, 500...599:
            self = .passing(words, retryAfter: RetryAfter.duration(header("Retry-After"), date: header("Date"), now: now))
        case 413:
            // Other programs between here and the API say so in their own words.
            self = .outcome(.refused("too-large", detail: problem?.detail ?? words))
        case 400..<500:
            if let problem {
                self = problem.isOfEveryCommand ? .final(words) : .outcome(.refused(problem.name, detail: problem.detail))
            } else {
                self = Self.foreign(status, words, isKnown: isKnown)
            }
        default: self = .passing("\(words), which is no answer to a command")
        }
    }

    /// An error in the words of another program, as a proxy or a firewall.
    private static func foreign(_ status: Int, _ words: String, isKnown: Bool) -> Answer {
        switch status {
        case 401, 407: .final(words)
        case _ where !isKnown: .final("\(words), which is not how a command API answers: see whether --url is right")
        // Said of a path that has taken commands before: a proxy knows nothing behind it now.
        case 404, 405, 421, 426: .passing(words)
        default: .outcome(.refused("status-\(status)", detail: words))
        }
    }

    private struct Success: Decodable { let replayed: Bool }

    /// RFC 9457, as far as it matters here.
    private struct Problem: Decodable {
        let type: String
        let refusal: String?
        let detail: String?

        static let prefix = "urn:highwater:problem:"
        private var slug: String { String(type.dropFirst(Self.prefix.count)) }

        /// The domain's name for its refusal, or the kind of problem.
        var name: String { refusal ?? slug }

        /// It says nothing about the invoice that was sent.
        var isOfEveryCommand: Bool {
            [
                "unauthenticated", "forbidden", "unknown-category", "unknown-command", "not-found", "method-not-allowed",
                "unsupported-media-type",
            ].contains(slug)
        }
    }

    private static func success(_ body: [UInt8]) -> Success? { try? JSONDecoder().decode(Success.self, from: Data(body)) }

    private static func problem(_ body: [UInt8]) -> Problem? {
        guard let problem = try? JSONDecoder().decode(Problem.self, from: Data(body)), problem.type.hasPrefix(Problem.prefix) else {
            return nil
        }
        return problem
    }
}
