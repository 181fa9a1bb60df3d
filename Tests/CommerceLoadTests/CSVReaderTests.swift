import Testing

@testable import CommerceLoad

@Suite struct CSVReaderTests {
    private typealias Record = CSVReader.Record

    private func records(_ text: String) -> [CSVReader.Record] { records(Array(text.utf8), pieces: text.utf8.count) }

    private func records(_ bytes: [UInt8], pieces size: Int) -> [CSVReader.Record] {
        var reader = CSVReader()
        var found: [CSVReader.Record] = []
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
        #expect(records([0xEF, 0xBB, 0x0A], pieces: 3).map(\.fields.count) == [1])
        #expect(records([0xEF], pieces: 1).count == 1)
    }

    @Test func doesNotDependOnHowTheBytesCome() {
        let text =
            "\u{FEFF}h1,h2\r\n\"a\"\"b\",\"x\ny\r\nz\"\r\n\r\nZÜRICH ☃,\"ß,\"\"\"\n\n7\" SIZE,\"\"\n\"\"\"\",\r\n\"open,\r\nto the \"\"end"
        let bytes = Array(text.utf8)
        let whole = records(bytes, pieces: bytes.count)
        #expect(whole.count == 6)
        #expect(whole.map(\.line) == [1, 2, 6, 8, 9, 10])
        for size in 1..<bytes.count { #expect(records(bytes, pieces: size) == whole, "in pieces of \(size)") }
        // Cut in two at every byte, an empty piece in between.
        for cut in 0...bytes.count {
            var reader = CSVReader()
            var found: [CSVReader.Record] = []
            reader.read(bytes[..<cut]) { found.append($0) }
            reader.read([]) { found.append($0) }
            reader.read(bytes[cut...]) { found.append($0) }
            reader.end { found.append($0) }
            #expect(found == whole, "cut at \(cut)")
        }
    }

    @Test func writesWhatItReads() {
        let fields = ["a", "b,c", "7\" SIZE", "x\ny", "", "r\r", " z "]
        #expect(records(CSVReader.line(fields)) == [Record(line: 1, fields: fields)])
        #expect(CSVReader.line(["plain", "a,b", "7\""]) == "plain,\"a,b\",\"7\"\"\"\n")
    }
}
