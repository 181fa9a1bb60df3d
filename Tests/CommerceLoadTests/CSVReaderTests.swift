import Testing

@testable import CommerceLoad

@Suite struct CSVReaderTests {
    private typealias Record = CSVRecord

    private func records(_ text: String, _ reader: CSVReader = CSVReader()) -> [CSVRecord] {
        records(Array(text.utf8), pieces: max(1, text.utf8.count), reader)
    }

    private func records(_ bytes: [UInt8], pieces size: Int, _ reader: CSVReader = CSVReader()) -> [CSVRecord] {
        var reader = reader
        var found: [CSVRecord] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            reader.read(rest.prefix(size)) { found.append($0) }
            rest = rest.dropFirst(size)
        }
        reader.end { found.append($0) }
        return found
    }

    @Test func takesRecordsApart() {
        #expect(records("a,b\nc,d\n") == [Record(line: 1, fields: ["a", "b"]), Record(line: 2, fields: ["c", "d"])])
        #expect(records("a,,\n") == [Record(line: 1, fields: ["a", "", ""])])
        #expect(records(",\n") == [Record(line: 1, fields: ["", ""])])
        #expect(records(" a , b \n") == [Record(line: 1, fields: [" a ", " b "])])
        #expect(records("") == [])
    }

    @Test func needsNoLineBreakAtTheEnd() {
        #expect(records("a,b") == [Record(line: 1, fields: ["a", "b"])])
        #expect(records("a,") == [Record(line: 1, fields: ["a", ""])])
        #expect(records("a,\"b\"") == [Record(line: 1, fields: ["a", "b"])])
        #expect(records("a\nb\r") == [Record(line: 1, fields: ["a"]), Record(line: 2, fields: ["b"])])
    }

    @Test func takesCarriageReturnsBeforeLineBreaksOff() {
        #expect(records("a,b\r\nc\r\n") == [Record(line: 1, fields: ["a", "b"]), Record(line: 2, fields: ["c"])])
        #expect(records("a,\"b\"\r\n") == [Record(line: 1, fields: ["a", "b"])])
        #expect(records("a\rb\n") == [Record(line: 1, fields: ["a\rb"])])
        // Inside quotes it is the field's own.
        #expect(records("a,\"b\r\"\nc") == [Record(line: 1, fields: ["a", "b\r"]), Record(line: 2, fields: ["c"])])
    }

    @Test func keepsWhatIsQuoted() {
        #expect(records("\"a,b\",c\n") == [Record(line: 1, fields: ["a,b", "c"])])
        #expect(records("\"7\"\" SIZE\",\"\"\"\",\"\"\n") == [Record(line: 1, fields: ["7\" SIZE", "\"", ""])])
        #expect(records("7\" SIZE,b\n") == [Record(line: 1, fields: ["7\" SIZE", "b"])])
        #expect(records("\"\"\n") == [Record(line: 1, fields: [""])])
    }

    @Test func countsLinesThroughEmbeddedBreaks() {
        #expect(
            records("h\n\"a\nb\r\n\",1\nc\n") == [
                Record(line: 1, fields: ["h"]), Record(line: 2, fields: ["a\nb\r\n", "1"]), Record(line: 5, fields: ["c"]),
            ])
    }

    @Test(arguments: ["a\n\n\nb\n", "a\r\n\r\n\r\nb\r\n"])
    func passesOverEmptyLinesAndCountsThem(_ text: String) {
        #expect(records(text) == [Record(line: 1, fields: ["a"]), Record(line: 4, fields: ["b"])])
    }

    @Test func passesOverAByteOrderMark() {
        #expect(records("\u{FEFF}a,b\n") == [Record(line: 1, fields: ["a", "b"])])
        #expect(records("\u{FEFF}\"a\",b\n") == [Record(line: 1, fields: ["a", "b"])])
        // Only at the very beginning.
        #expect(records("a\n\u{FEFF}b\n") == [Record(line: 1, fields: ["a"]), Record(line: 2, fields: ["\u{FEFF}b"])])
        // Bytes that begin like one and are none.
        #expect(records([0xEF, 0xBB, 0x0A], pieces: 1) == records([0xEF, 0xBB, 0x0A], pieces: 3))
        #expect(records([0xEF, 0xBB, 0x0A], pieces: 3).map(\.count) == [1])
        #expect(records([0xEF], pieces: 1).count == 1)
    }

    @Test func doesNotDependOnHowTheBytesCome() {
        let text =
            "\u{FEFF}h1,h2\r\n\"a\"\"b\",\"x\ny\r\nz\"\r\n\r\nZÜRICH ☃,\"ß,\"\"\"\n\n7\" SIZE,\"\"\n\"\"\"\",\r\n\"open,\r\nto the \"\"end"
        let bytes = Array(text.utf8)
        let whole = records(bytes, pieces: bytes.count)
        #expect(whole.map(\.line) == [1, 2, 6, 8, 9, 10, 11])
        for size in 1..<bytes.count { #expect(records(bytes, pieces: size) == whole, "in pieces of \(size)") }
        // Cut in two at every byte, an empty piece in between.
        for cut in 0...bytes.count {
            var reader = CSVReader()
            var found: [CSVRecord] = []
            reader.read(bytes[..<cut]) { found.append($0) }
            reader.read([]) { found.append($0) }
            reader.read(bytes[cut...]) { found.append($0) }
            reader.end { found.append($0) }
            #expect(found == whole, "cut at \(cut)")
        }
    }

    @Test func writesWhatItReads() {
        let fields = ["a", "b,c", "7\" SIZE", "x\ny", "", "r\r", " z "]
        #expect(records(CSVRecord.line(of: fields.map { Array($0.utf8) }), pieces: 1) == [Record(line: 1, fields: fields)])
        let line = CSVRecord.line(of: ["plain", "a,b", "7\""].map { Array($0.utf8) })
        #expect(String(decoding: line, as: UTF8.self) == "plain,\"a,b\",\"7\"\"\"\n")
        // Bytes that are no text go through.
        #expect(CSVRecord.line(of: [[0xE7, 0x2C], [0xFF]]) == [0x22, 0xE7, 0x2C, 0x22, 0x2C, 0xFF, 0x0A])
    }

    @Test(arguments: [UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")])
    func partsFieldsAtTheSeparator(_ separator: UInt8) {
        let mark = String(UnicodeScalar(separator))
        #expect(
            records("a\(mark)b,c\(mark)\"d\(mark)e\"\n", CSVReader(separator: separator))
                == [Record(line: 1, fields: ["a", "b,c", "d\(mark)e"])])
    }

    @Test func endsLinesWithCarriageReturnsWhereTheFileDoes() {
        for pieces in [1, 2, 100] {
            let found = records(Array("a,b\rc,d\r\n\r\"e\rf\r\n\",g\nh,i".utf8), pieces: pieces, CSVReader(lineEnd: .carriageReturn))
            #expect(
                found == [
                    Record(line: 1, fields: ["a", "b"]), Record(line: 2, fields: ["c", "d"]), Record(line: 4, fields: ["e\rf\r\n", "g"]),
                    Record(line: 7, fields: ["h", "i"]),
                ], "in pieces of \(pieces)")
        }
    }

    /// Such a quote would otherwise take all that follows into its field.
    @Test func aQuoteThatIsNeverClosedCostsItsLineOnly() {
        let reader = CSVReader(width: 2...2)
        for pieces in [1, 3, 100_000] {
            let rest = (3...5000).map { "\($0),a line of some length\n" }.joined()
            let found = records(Array(("a,b\n\"c,d\n" + rest).utf8), pieces: pieces == 1 ? 4096 : 100_000, reader)
            #expect(found.count == 5000)
            #expect(found[1] == Record(line: 2, fields: ["\"c", "d"], flaw: .openQuote))
            #expect(found[2...].map(\.line) == Array(3...5000))
            #expect(found[2...].allSatisfy { $0.flaw == nil && $0.count == 2 })
        }
        // One that the quote of a later line closes.
        #expect(
            records("a,b\n\"c,d\ne,f\n\"g\",h\ni,j\n", reader) == [
                Record(line: 1, fields: ["a", "b"]), Record(line: 2, fields: ["\"c", "d"], flaw: .openQuote),
                Record(line: 3, fields: ["e", "f"]), Record(line: 4, fields: ["g", "h"]), Record(line: 5, fields: ["i", "j"]),
            ])
        // Text behind a quote that closes a field is another's: what the field is meant to be is not certain.
        #expect(
            records("a,\"b\"c\n\"d\"\" e\",f\n", reader) == [
                Record(line: 1, fields: ["a", "bc"], flaw: .textBehindQuote), Record(line: 2, fields: ["d\" e", "f"]),
            ])
        // A field with line breaks that is as it should be.
        #expect(
            records("a,\"b\n\nc\",\n\"d\ne\",f\n", reader) == [
                Record(line: 1, fields: ["a", "b\n\nc", ""]), Record(line: 4, fields: ["d\ne", "f"]),
            ])
        // And one without the fields that it may have beside.
        let wider = CSVReader(width: 2...3)
        #expect(records("\"a\n\",b\nc,d,e\n", wider) == records("\"a\n\",b\nc,d,e\n"))
    }

    @Test func keepsNoMoreOfALineThanItMay() {
        let limit = CSVReader.longestRecord
        let long = String(repeating: "x", count: 5 * limit)
        for start in ["1,", "\"1,"] {
            for pieces in [1000, limit, 10 * limit] {
                let found = records(Array("a,b\n\(start)\(long)\nc,d\n".utf8), pieces: pieces)
                #expect(found.map(\.line) == [1, 2, 3], "in pieces of \(pieces)")
                #expect(found[1].flaw == .tooLong)
                #expect((0..<found[1].count).reduce(0) { $0 + found[1][$1].count } <= limit)
                #expect(found[2] == Record(line: 3, fields: ["c", "d"]))
            }
        }
        #expect(records(long).map(\.flaw) == [.tooLong])
    }

    @Test func tellsWhetherTheLastLineWasEnded() {
        for (text, lineEnd, isWithin) in [
            ("a\nb", .lineFeed, true), ("a\nb\n", .lineFeed, false), ("", .lineFeed, false), ("a\rb", .carriageReturn, true),
            ("a\rb\r", .carriageReturn, false), ("a\rb\r\n", .carriageReturn, false),
        ] as [(String, CSVReader.LineEnd, Bool)] {
            var reader = CSVReader(lineEnd: lineEnd)
            reader.read(text.utf8) { _ in }
            reader.end { _ in }
            #expect(reader.endsWithinLine == isWithin)
        }
    }
}

extension CSVRecord {
    init(line: Int, fields: [String], flaw: Flaw? = nil) {
        self.init(line: line, flaw: flaw)
        for field in fields {
            append(Array(field.utf8)[...])
            endField()
        }
    }
}
