/// One record of a CSV text, in the bytes of its file.
struct CSVRecord: Equatable {
    /// Why the record is not what its writer meant.
    enum Flaw: Equatable {
        /// A quote opens a field and none closes it before the fields are too many, or the record too long.
        case openQuote
        /// Something stands between the quote that closes a field and the field's end.
        case textBehindQuote
        /// The rest of the line is left out.
        case tooLong
    }

    /// The line that the record begins on, 1 for the first.
    let line: Int
    var flaw: Flaw?
    private var bytes: [UInt8] = []
    /// Where each field ends in the bytes.
    private var ends: [Int] = []

    init(line: Int, flaw: Flaw? = nil) {
        self.line = line
        self.flaw = flaw
        bytes.reserveCapacity(128)
        ends.reserveCapacity(8)
    }

    var count: Int { ends.count }

    /// A field's bytes, without its quotes.
    subscript(_ index: Int) -> ArraySlice<UInt8> { bytes[start(of: index)..<ends[index]] }

    private func start(of index: Int) -> Int { index == 0 ? 0 : ends[index - 1] }

    /// Whether a field at `index` or behind it has something in it.
    func hasText(from index: Int) -> Bool { index < count && bytes.count > start(of: index) }

    // MARK: Building

    /// How long the field is that has not ended.
    var openLength: Int { bytes.count - start(of: ends.count) }
    var isEmpty: Bool { bytes.isEmpty && ends.isEmpty }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }
    mutating func append(_ some: ArraySlice<UInt8>) { bytes += some }
    mutating func endField() { ends.append(bytes.count) }

    mutating func dropCarriageReturn() {
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    }

    /// A record as a line of CSV (RFC 4180), quoted where it must be.
    static func line(of fields: [[UInt8]]) -> [UInt8] {
        var line: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            guard field.contains(where: { "\",\n\r".utf8.contains($0) }) else {
                line += field
                continue
            }
            line.append(UInt8(ascii: "\""))
            for byte in field {
                if byte == UInt8(ascii: "\"") { line.append(byte) }
                line.append(byte)
            }
            line.append(UInt8(ascii: "\""))
        }
        return line + [UInt8(ascii: "\n")]
    }
}
