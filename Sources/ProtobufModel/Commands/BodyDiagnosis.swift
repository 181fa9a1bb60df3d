import EventModel
import SwiftProtobuf

/// Finds out which field of a refused body is at fault, since SwiftProtobuf's errors seldom say.
///
/// It narrows down by decoding parts of the body in place of the whole: half of an object's members or of an array's elements, until
/// one is left, and then the same within that one. What a field expects it learns by offering values of each kind. All of it takes
/// about as long as decoding the body a few times more, however the body is made.
struct BodyDiagnosis<M: Message> {
    private let body: Bytes

    init(_ body: Bytes) { self.body = body }

    /// For a body that ``BodyScan`` has found to be a JSON object and SwiftProtobuf has refused with `error`.
    func finding(for error: any Error) -> InvalidField {
        guard String(validating: body, as: UTF8.self) != nil else { return InvalidField(field: nil, reason: "the body is not UTF-8") }
        let finding = (try? JSONScanner.document(body)).flatMap { locate($0, Surroundings(), path: nil) }
        return finding ?? InvalidField(field: nil, reason: "the body is not understood: \(error)")
    }

    /// The fault within `value`, which is known to be refused. Nil where no part of it is at fault alone.
    private func locate(_ value: JSONValue, _ around: Surroundings, path: String?) -> InvalidField? {
        switch value.kind {
        case .object where accepts("{}", around):
            let members = value.members
            let inside = around.within("{", "}")
            guard let index = firstRefused(members.map(\.text), inside) else { return nil }
            let member = members[index]
            let memberPath = path.map { "\($0).\(member.name)" } ?? member.name
            let place = inside.within(Array(member.rawName) + [UInt8(ascii: ":")], [])
            if case .unknownField? = refusal(of: Array("null".utf8), place) as? JSONDecodingError {
                return InvalidField(field: memberPath, reason: "unknown field")
            }
            return locate(member.value, place, path: memberPath)
                ?? InvalidField(field: memberPath, reason: "its parts contradict each other")
        case .array where accepts("[]", around):
            let elements = value.elements
            let inside = around.within("[", "]")
            guard let index = firstRefused(elements.map(\.text), inside) else { return nil }
            let elementPath = "\(path ?? "")[\(index)]"
            return locate(elements[index], inside, path: elementPath)
                ?? InvalidField(field: elementPath, reason: "its parts contradict each other")
        default:
            return InvalidField(field: path, reason: reason(for: value, around))
        }
    }

    /// Which of `parts` is refused alone, by halving; nil where none is.
    private func firstRefused(_ parts: [Bytes], _ around: Surroundings) -> Int? {
        var range = parts.indices
        while range.count > 1 {
            let half = range.lowerBound..<(range.lowerBound + range.count / 2)
            // Neighbours stand beside each other in the body, commas included.
            let text = body[parts[half.lowerBound].startIndex..<parts[half.upperBound - 1].endIndex]
            range = refusal(of: Array(text), around) != nil ? half : half.upperBound..<range.upperBound
        }
        guard let index = range.first, refusal(of: Array(parts[index]), around) != nil else { return nil }
        return index
    }

    private func reason(for value: JSONValue, _ around: Surroundings) -> String {
        if accepts("\"a\"", around) {
            return value.kind == .string
                ? "no valid text: an escape stands for no character" : "wrong type: expected text"
        }
        if accepts("true", around) { return "wrong type: expected true or false" }
        if accepts("1.5", around) { return "wrong type: expected a number" }
        if accepts("1", around) { return accepts("\"1\"", around) ? wholeNumberReason(for: value, around) : "unknown name" }
        if accepts("\"1970-01-01T00:00:00Z\"", around) {
            let kind = value.kind == .string ? "no such time" : "wrong type"
            return "\(kind): expected an RFC 3339 time of the years 0001 to 9999, such as 2010-12-01T08:26:00Z"
        }
        if accepts("\"1s\"", around) { return "wrong type: expected a duration, such as 1.5s" }
        if accepts("{}", around) { return "wrong type: expected an object" }
        if accepts("[]", around) { return "wrong type: expected a list" }
        return refusal(of: Array(value.text), around).map { "not understood: \($0)" } ?? "not understood"
    }

    private func wholeNumberReason(for value: JSONValue, _ around: Surroundings) -> String {
        let range =
            switch (isSigned: accepts("-1", around), isWide: accepts("4294967296", around)) {
            case (true, true): "\(Int64.min) to \(Int64.max)"
            case (true, false): "\(Int32.min) to \(Int32.max)"
            case (false, true): "0 to \(UInt64.max)"
            case (false, false): "0 to \(UInt32.max)"
            }
        let text = value.text.filter { $0 != UInt8(ascii: "\"") }
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
        let isWhole = !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return "\(isWhole ? "out of range" : "wrong type"): expected a whole number from \(range)"
    }

    private func accepts(_ text: String, _ around: Surroundings) -> Bool { refusal(of: Array(text.utf8), around) == nil }

    private func refusal(of text: [UInt8], _ around: Surroundings) -> (any Error)? {
        do {
            _ = try M(jsonUTF8Bytes: around.before + text + around.after, options: M.jsonOptions)
            return nil
        } catch {
            return error
        }
    }
}

/// What must stand around a part of a body, so that the part alone is a body again.
private struct Surroundings {
    var before: [UInt8] = []
    var after: [UInt8] = []

    func within(_ open: [UInt8], _ close: [UInt8]) -> Surroundings { Surroundings(before: before + open, after: close + after) }
    func within(_ open: String, _ close: String) -> Surroundings { within(Array(open.utf8), Array(close.utf8)) }
}
