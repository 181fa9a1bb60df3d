/// Takes a CSV text apart as it comes: RFC 4180, with LF or CRLF, quoted fields with commas, quotes and line breaks in them. Empty lines,
/// and UTF-8's byte order mark before the first, are passed over.
struct CSVReader {
    /// One record and the line that it begins on, 1 for the first.
    struct Record: Equatable {
        let line: Int
        let fields: [String]
    }

    private var field: [UInt8] = []
    private var fields: [String] = []
    private var isQuoted = false
    /// The byte before was a quote inside a quoted field: its end, or half of an escaped quote.
    private var sawQuote = false
    /// Where the field's quotes have ended, if it has any: what stands before is the field's own, a carriage return too.
    private var quotedLength: Int?
    private var line = 1
    private var firstLine = 1
    /// How much of a byte order mark has come; nil once it cannot be one any more.
    private var markLength: Int? = 0

    /// Feeds the next bytes and hands over each record that they complete.
    mutating func read(_ bytes: some Sequence<UInt8>, _ body: (Record) throws -> Void) rethrows {
        for byte in bytes {
            if let length = markLength {
                if byte == byteOrderMark[length] {
                    markLength = length + 1 < byteOrderMark.count ? length + 1 : nil
                    continue
                }
                takeNoMark()
            }
            try take(byte, body)
        }
    }

    /// The last record, where no line break ends it.
    mutating func end(_ body: (Record) throws -> Void) rethrows {
        takeNoMark()
        try endRecord(body)
    }

    private mutating func takeNoMark() {
        field += byteOrderMark.prefix(markLength ?? 0)
        markLength = nil
    }

    private mutating func take(_ byte: UInt8, _ body: (Record) throws -> Void) rethrows {
        if sawQuote {
            sawQuote = false
            if byte == quote {
                field.append(quote)
                return
            }
            isQuoted = false
            quotedLength = field.count
        } else if isQuoted {
            if byte == newline { line += 1 }
            if byte == quote { sawQuote = true } else { field.append(byte) }
            return
        }
        switch byte {
        case quote where field.isEmpty && quotedLength == nil: isQuoted = true
        case comma: endField()
        case newline:
            try endRecord(body)
            line += 1
            firstLine = line
        default: field.append(byte)
        }
    }

    private mutating func endField() {
        fields.append(String(decoding: field, as: UTF8.self))
        field.removeAll(keepingCapacity: true)
        quotedLength = nil
    }

    private mutating func endRecord(_ body: (Record) throws -> Void) rethrows {
        if isQuoted { quotedLength = field.count }
        isQuoted = false
        sawQuote = false
        if field.last == carriageReturn, field.count > quotedLength ?? 0 { field.removeLast() }
        if fields.isEmpty && field.isEmpty && quotedLength == nil { return }
        endField()
        let record = Record(line: firstLine, fields: fields)
        fields.removeAll(keepingCapacity: true)
        try body(record)
    }

    /// A record as a line of CSV, quoted where it must be.
    static func line(_ fields: [String]) -> String {
        fields.map { field in
            let needsQuotes = field.utf8.contains { $0 == quote || $0 == comma || $0 == newline || $0 == carriageReturn }
            return needsQuotes
                ? "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : field
        }.joined(separator: ",") + "\n"
    }
}

private let quote = UInt8(ascii: "\"")
private let comma = UInt8(ascii: ",")
private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
private let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
