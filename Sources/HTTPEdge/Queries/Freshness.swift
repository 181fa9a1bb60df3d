import EventLog
import HTTPTypes
import WriteModel

/// How fresh an answer must be, and how long it may take to become so.
struct Freshness: Sendable {
    static let defaultWait: Int64 = 2
    static let maximumWait: Int64 = 30

    let positions: [LogPosition]
    /// What the caller asked for, at most ``maximumWait`` seconds; nil where it did not.
    let preferredWait: Int64?

    var timeout: Duration { .seconds(preferredWait ?? Self.defaultWait) }

    /// For the answer's `Preference-Applied` (RFC 7240, section 3).
    var appliedPreference: String? { preferredWait.map { "wait=\($0)" } }

    /// - Parameter services: those whose topics exist.
    init(_ headers: HTTPFields, services: [any CommandService]) throws(Problem) {
        var positions: [LogPosition] = []
        if let header = headers[.highwaterPosition] {
            for text in header.split(outsideQuotes: ",") where !text.isEmpty {  // RFC 9110, section 5.6.1
                guard let position = LogPosition(text) else {
                    throw .malformed("Highwater-Position", "'\(text)' is no position; one is written topic/partition@offset")
                }
                let place = position.partition
                guard let service = services.first(where: { $0.context.topic == place.topic }) else {
                    throw .malformed("Highwater-Position", "there is no topic '\(place.topic)'")
                }
                if let count = service.partitionCount, place.partition.rawValue >= count {
                    throw .malformed("Highwater-Position", "there is no \(place): the last partition of its topic is \(count - 1)")
                }
                positions.append(position)
            }
            if positions.isEmpty { throw .malformed("Highwater-Position", "the header names no position") }
        }
        self.positions = positions
        preferredWait = headers[.prefer].flatMap(Self.wait)
    }

    /// The `wait` of a `Prefer` header. Other preferences, and a `wait` that is no number of seconds, are ignored, as RFC 7240 asks; of
    /// several the first counts.
    private static func wait(_ header: String) -> Int64? {
        for preference in header.split(outsideQuotes: ",") {
            guard let first = preference.split(outsideQuotes: ";").first else { continue }
            let parts = first.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].trimmingSpaces.lowercased() == "wait" else { continue }
            var value = parts[1].trimmingSpaces
            if value.utf8.count >= 2, value.first == "\"", value.last == "\"" { value = value.dropFirst().dropLast() }
            guard value.isDigits else { return nil }
            return min(Int64(value) ?? maximumWait, maximumWait)
        }
        return nil
    }
}
