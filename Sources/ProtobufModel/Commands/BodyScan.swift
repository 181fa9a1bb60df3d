import EventModel

/// Reads a command's body once, by its declared fields, before SwiftProtobuf's decoder does: for what the decoder lets pass and must not,
/// and for what it refuses and should not.
///
/// - A member that is there twice is a fault, in whichever spelling. The decoder would join two lists and keep the last of two texts, while
///   a proxy that checked the body may have seen the first (RFC 8259, section 4).
/// - A member that is not declared is a fault, as the command's JSON Schema says.
/// - So is a NUL character in a text: PostgreSQL cannot keep it.
/// - JSON is held to RFC 8259, and nesting to a depth.
/// - Times are given to the decoder in UTC: it knows no offset above 13 hours, no lower-case `t` and `z`, and no tenth decimal.
struct BodyScan {
    private struct Finding {
        /// From the value that was read: `[3].sku`; empty for the value itself.
        let path: String
        let reason: String
    }

    private var scanner: JSONScanner
    /// Those that the decoder may not take as they stand.
    private var times: [(text: Bytes, utc: String)] = []

    /// The body as the decoder is to have it.
    ///
    /// - Throws: the body's first fault; nothing for values of a wrong type, which the decoder refuses.
    static func decodable(_ body: Bytes, by shape: BodyShape) throws(InvalidField) -> Bytes {
        var scan = BodyScan(scanner: JSONScanner(body))
        let finding: InvalidField?
        do throws(JSONScanner.Fault) {
            finding = try scan.document(shape)
        } catch {
            guard String(validating: body, as: UTF8.self) != nil else { throw InvalidField(field: nil, reason: "the body is not UTF-8") }
            throw InvalidField(field: nil, reason: "the body is no JSON object: \(error.reason), at byte \(error.offset)")
        }
        if let finding { throw finding }
        return scan.withTimesInUTC(body)
    }

    private init(scanner: JSONScanner) { self.scanner = scanner }

    private mutating func document(_ shape: BodyShape) throws(JSONScanner.Fault) -> InvalidField? {
        guard try scanner.kindOfNext(depth: 0) == .object else {
            _ = try scanner.value()
            try scanner.end()
            return InvalidField(field: nil, reason: "the body is no JSON object")
        }
        let finding = try object(shape, depth: 0)
        try scanner.end()
        return finding.map { InvalidField(field: $0.path, reason: $0.reason) }
    }

    /// - Returns: its first fault.
    private mutating func object(_ shape: BodyShape, depth: Int) throws(JSONScanner.Fault) -> Finding? {
        var first: Finding?
        var seen = SeenFields()
        var items = JSONScanner.Items(closedBy: "}")
        while try scanner.next(&items) {
            let name = try scanner.name()
            let found: Finding?
            if let index = shape.index(of: name) {
                let field = shape.fields[index]
                let isFirst = seen.insert(index)
                let inside = try value(field.kind, depth: depth + 1)
                found =
                    isFirst
                    ? inside.map { Finding(path: field.name + $0.path, reason: $0.reason) }
                    : Finding(path: field.name, reason: "it is there more than once")
            } else {
                _ = try scanner.value(depth: depth + 1)
                found = Finding(path: name.shownName, reason: "unknown field")
            }
            first = first ?? found
        }
        return first
    }

    private mutating func value(_ kind: BodyShape.Kind, depth: Int) throws(JSONScanner.Fault) -> Finding? {
        switch kind {
        case .plain:
            let value = try scanner.value(depth: depth)
            return value.kind == .string && value.text.holdsNUL ? Finding(path: "", reason: "text must not hold a NUL character") : nil
        case .time:
            let value = try scanner.value(depth: depth)
            if value.kind == .string, let utc = Self.inUTC(value.text) { times.append((value.text, utc)) }
            return nil
        case .list(let shape): return try list(shape, depth: depth)
        }
    }

    private mutating func list(_ shape: BodyShape, depth: Int) throws(JSONScanner.Fault) -> Finding? {
        guard try scanner.kindOfNext(depth: depth) == .array else {
            _ = try scanner.value(depth: depth)
            return nil
        }
        var first: Finding?
        var index = 0
        var items = JSONScanner.Items(closedBy: "]")
        while try scanner.next(&items) {
            if try scanner.kindOfNext(depth: depth + 1) == .object {
                let found = try object(shape, depth: depth + 1)
                first = first ?? found.map { Finding(path: "[\(index)].\($0.path)", reason: $0.reason) }
            } else {
                _ = try scanner.value(depth: depth + 1)
            }
            index += 1
        }
        return first
    }

    /// Nil for what the decoder is to judge as it stands: the usual form, and what is no time.
    private static func inUTC(_ text: Bytes) -> String? {
        let time = text.dropFirst().dropLast()
        let start = time.startIndex
        let isUsual =
            (20...30).contains(time.count) && time.last == UInt8(ascii: "Z") && time[start + 10] == UInt8(ascii: "T")
            && time[start + 17] != UInt8(ascii: "6")
        return isUsual ? nil : text.unescaped.flatMap { RFC3339Time($0) }?.utc
    }

    private func withTimesInUTC(_ body: Bytes) -> Bytes {
        guard !times.isEmpty else { return body }
        var rewritten: [UInt8] = []
        rewritten.reserveCapacity(body.count)
        var rest = body.startIndex
        for (text, utc) in times {
            rewritten += body[rest..<text.startIndex]
            rewritten += "\"\(utc)\"".utf8
            rest = text.endIndex
        }
        return (rewritten + body[rest...])[...]
    }
}

/// Which fields an object has had, by their index. It takes no memory of its own for those below 64.
private struct SeenFields {
    private var low: UInt64 = 0
    private var high: Set<Int> = []

    /// False where it was there already.
    mutating func insert(_ index: Int) -> Bool {
        guard index < 64 else { return high.insert(index).inserted }
        let bit = UInt64(1) << UInt64(index)
        defer { low |= bit }
        return low & bit == 0
    }
}
