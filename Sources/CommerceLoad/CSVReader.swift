/// Takes a CSV text apart as it comes: RFC 4180, with LF or CRLF, quoted fields with commas, quotes and line breaks in them.
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
    private var line = 1
    private var firstLine = 1
    private var isEmpty = true

    /// Feeds the next bytes and hands over each record that they complete.
    mutating func read(_ bytes: some Sequence<UInt8>, _ body: (Record) throws -> Void) rethrows {
        for byte in bytes {
            if sawQuote {
                sawQuote = false
                if byte == quote {
                    field.append(quote)
                    continue
                }
                isQuoted = false
            } else if isQuoted {
                if byte == newline { line += 1 }
                if byte == quote { sawQuote = true } else { field.append(byte) }
                continue
            }
            switch byte {
            case quote where field.isEmpty:
                isQuoted = true
                isEmpty = false
            case comma:
                endField()
                isEmpty = false
            case newline:
                try endRecord(body)
                line += 1
                firstLine = line
            default:
                field.append(byte)
                isEmpty = false
            }
        }
    }

    /// The last record, where no line break ends it.
    mutating func end(_ body: (Record) throws -> Void) rethrows { try endRecord(body) }

    private mutating func endField() {
        fields.append(String(decoding: field, as: UTF8.self))
        field.removeAll(keepingCapacity: true)
    }

    private mutating func endRecord(_ body: (Record) throws -> Void) rethrows {
        if field.last == carriageReturn { field.removeLast() }
        isQuoted = false
        sawQuote = false
        guard !isEmpty else {
            field.removeAll(keepingCapacity: true)
            return
        }
        endField()
        let record = Record(line: firstLine, fields: fields)
        fields.removeAll(keepingCapacity: true)
        isEmpty = true
        try body(record)
    }

    /// A record as a line of CSV, quoted where it must be.
    static func line(_ fields: [String]) -> String {
        fields.map { field in
            let needsQuotes = field.utf8.contains { $0 == quote || $0 == comma || $0 == newline || $0 == carriageReturn }
            return needsQuotes ? "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : field
        }.joined(separator: ",") + "\n"
    }
}

private let quote = UInt8(ascii: "\"")
private let comma = UInt8(ascii: ",")
private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
