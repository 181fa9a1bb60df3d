import CommerceSchemas
import EventModel
import HighwaterCLI
import Testing

@testable import CommerceLoad

/// Files as spreadsheets and databases export them.
@Suite struct SpreadsheetFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let names = Column.header

    @Test func loadsAGermanExcelExport() async throws {
        let text = """
            \(names.joined(separator: ";"))
            536365;85123A;WHITE, HEART;6;01.12.2010 08:26;2,55;17850;France
            536365;71053;LANTERN;1.200;01.12.2010 08:26;1.234,5;17850;France
            536366;71053;"A;B";1;13.12.2010 08:26;3;17850;France
            536367;71053;X;1;13.12.2010 08:26;3,5 £;17850;France

            """.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        let content = try await FileContent(try folder.write("\u{FEFF}" + text))
        #expect(content.numbers == ["536365", "536366"])
        #expect(content.lines.map(\.line.unitPriceMicros) == [2_550_000, 1_234_500_000, 3_000_000])
        #expect(content.lines.map(\.line.quantity) == [6, 1200, 1])
        #expect(content.lines.map(\.line.description_p) == ["WHITE, HEART", "LANTERN", "A;B"])
        #expect(content.lines.map(\.date.description) == ["2010-12-01T08:26:00Z", "2010-12-01T08:26:00Z", "2010-12-13T08:26:00Z"])
        #expect(content.rejected.map(\.line) == [5])
        #expect(content.rejected.map(\.reject) == [Reject(.malformed, .price, "is no number")])
        #expect(
            content.assumptions == [
                "separator ';'", "dates are day-first (line 4 has '13.12.2010 08:26')", "decimal commas (line 2 has '2,55')",
            ])
    }

    @Test func loadsAnAmericanExcelExport() async throws {
        let content = try await FileContent(
            try folder.write(
                header + "536365,85123A,X,6,12/1/2010 8:26,\"1,234.50\",17850,France\n"
                    + "536365,85123A,X,\"1,200\",12/13/2010 8:26 PM,2.55,17850,France\n"))
        #expect(content.rejected.isEmpty)
        #expect(content.lines.map(\.date.description) == ["2010-12-01T08:26:00Z", "2010-12-13T20:26:00Z"])
        #expect(content.lines.map(\.line.unitPriceMicros) == [1_234_500_000, 2_550_000])
        #expect(content.lines.map(\.line.quantity) == [6, 1200])
        #expect(content.assumptions == ["dates are month-first (line 3 has '12/13/2010 8:26 PM')"])
    }

    /// 3 April or 4 March: a guess would be wrong for half of the files, and in the log for ever.
    @Test func setsADateAsideThatMayBeEither() async throws {
        let path = try folder.write(
            header + line("100001", date: "03/04/2011 08:26") + line("100002", date: "2011-04-03 08:26:00")
                + line("100003", date: "05/05/2011 08:26"))
        let content = try await FileContent(path)
        #expect(content.numbers == ["100002", "100003"])
        #expect(content.rejected.map(\.reject) == [Reject(.malformed, .date, "may be day-first or month-first", hint: .dates)])
        for (order, expected) in [(DateOrder.dayFirst, "2011-04-03T08:26:00Z"), (.monthFirst, "2011-03-04T08:26:00Z")] {
            let told = try await FileContent(path, FormOptions(dates: order))
            #expect(told.lines.first?.date.description == expected)
            #expect(told.assumptions.isEmpty)
        }
        #expect(try await FileContent(path, FormOptions(dates: .iso)).numbers == ["100002"])
        // Where the file has both, each is certain that is so by itself.
        let both = try await FileContent(
            try folder.write(
                header + line("100001", date: "13/04/2011 08:26") + line("100002", date: "04/13/2011 08:26")
                    + line("100003", date: "03/04/2011 08:26")))
        #expect(both.lines.map(\.date.day.description) == ["2011-04-13", "2011-04-13"])
        #expect(both.rejected.map(\.line) == [4])
    }

    @Test func setsANumberAsideThatMayBeEither() async throws {
        let path = try folder.write(
            "\(names.joined(separator: ";"))\n536365;A;X;1;2010-12-01 08:26:00;1.234;;France\n536366;A;X;1;2010-12-01 08:26:00;7;;France\n")
        let content = try await FileContent(path)
        #expect(content.numbers == ["536366"])
        #expect(content.rejected.map(\.reject.hint) == [.decimal])
        #expect(try await FileContent(path, FormOptions(decimal: .comma)).lines.first?.line.unitPriceMicros == 1_234_000_000)
        #expect(try await FileContent(path, FormOptions(decimal: .point)).lines.first?.line.unitPriceMicros == 1_234_000)
        // Where the file has both marks, each number is certain that is so by itself.
        let both = try await FileContent(
            try folder.write(
                "\(names.joined(separator: ";"))\n"
                    + ["2.55", "2,55", "1.234", "1.234,5"].enumerated().map {
                        "53636\($0);A;X;1;2010-12-01 08:26:00;\($1);;France\n"
                    }.joined()))
        #expect(both.lines.map(\.line.unitPriceMicros) == [2_550_000, 2_550_000, 1_234_500_000])
        #expect(both.rejected.map(\.line) == [4])
        // In the data set's own separator it has the data set's meaning.
        #expect(
            try await FileContent(try folder.write(header + line("100001", price: "1.234"))).lines.first?.line.unitPriceMicros == 1_234_000)
    }

    @Test func bytesOfAnotherEncodingAreSetAside() async throws {
        func bytes(_ country: [UInt8]) -> [UInt8] { Array(line("100001", country: "").utf8.dropLast()) + country + [0x0A] }
        let curacao: [UInt8] = Array("Cura".utf8) + [0xE7] + Array("ao".utf8)
        let path = try folder.write(
            Array(header.utf8) + Array(line("100001").utf8) + bytes(curacao) + bytes([0x41, 0x81]) + Array(line("100002", sku: "B").utf8))
        let content = try await FileContent(path)
        #expect(content.lines.map(\.line.sku) == ["85123A", "B"])
        #expect(content.rejected.map(\.line) == [3, 4])
        #expect(content.rejected.map(\.reject.hint) == [.encoding, .encoding])
        let told = try await FileContent(path, FormOptions(encoding: .windows1252))
        #expect(told.lines.map(\.country) == ["France", "Curaçao", "France"])
        #expect(told.rejected.map(\.reject) == [Reject(.malformed, .country, "has a byte that windows-1252 does not define")])
        // What is set aside is kept in its own bytes.
        let rejects = folder.path + "/rejects.csv"
        _ = try await Load(concurrency: 1, rate: nil).run(InvoiceFile(path: path), RejectsFile(path: rejects)) { _ in .committed }
        #expect(try folder.bytes(rejects).contains(curacao))
        // The mark says otherwise than the option.
        let marked = try folder.write("\u{FEFF}" + header)
        #expect(throws: Failure.self) { try InvoiceFile(path: marked, FormOptions(encoding: .windows1252)) }
    }

    @Test func loadsUnicodeTextOfExcel() async throws {
        let text = "\u{FEFF}" + names.joined(separator: "\t") + "\r\n536365\tA\t☃ 🎁\t1\t2010-12-01 08:26:00\t1.5\t17850\tCuraçao\r\n"
        let content = try await FileContent(try folder.write(text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }))
        #expect(content.rejected.isEmpty)
        #expect(content.lines.map(\.country) == ["Curaçao"])
        #expect(content.lines.map(\.line.description_p) == ["☃ 🎁"])
        #expect(content.assumptions == ["separator tab"])
    }

    @Test func loadsLinesThatEndWithACarriageReturn() async throws {
        let text = (header + line("100001") + line("100002")).split(separator: "\n", omittingEmptySubsequences: false).joined(
            separator: "\r")
        let content = try await FileContent(try folder.write(text))
        #expect(content.numbers == ["100001", "100002"])
        #expect(content.assumptions == ["lines end with a carriage return"])
    }

    @Test func takesTheSeparatorThatTheFileNames() async throws {
        for first in ["sep=;", "\"sep=;\"", "SEP=;"] {
            let path = try folder.write("\(first)\r\n" + names.joined(separator: ";") + "\n" + "x;y\n")
            let content = try await FileContent(path)
            #expect(content.assumptions.isEmpty)
            #expect(content.rejected.map(\.line) == [3])
        }
        #expect(throws: Failure.self) { try InvoiceFile(path: folder.write(header), FormOptions(separator: .semicolon)) }
    }

    @Test func findsColumnsByTheirNames() async throws {
        // "Online Retail II", in another order, with an index in front and a column that is not the data set's.
        let content = try await FileContent(
            try folder.write(
                ",Country,Invoice,STOCKCODE,Description,Quantity,InvoiceDate,Price,Customer ID,Discount,\n"
                    + "0,France,536365,A,X,1,2010-12-01 08:26:00,1.5,17850,7,\n"
                    + "1,France,536366,A,X,x,2010-12-01 08:26:00,1.5,17850,7,\n"))
        #expect(content.numbers == ["536365"])
        #expect(content.lines.first?.customer == "17850")
        #expect(content.rejected.map(\.reject.field) == [.quantity])
        #expect(
            content.assumptions == [
                "column 'Invoice' is InvoiceNo, 'STOCKCODE' is StockCode, 'Price' is UnitPrice, 'Customer ID' is CustomerID",
                "'Discount' of the header does not matter",
            ])
    }

    /// The lines that were set aside, mended, are a file to load.
    @Test func loadsARejectsFileThatWasMended() async throws {
        let rejects = folder.path + "/rejects.csv"
        let path = try folder.write(header + line("100001", price: "x") + line("100002", country: "Côte d'Ivoire, or so"))
        _ = try await Load(concurrency: 1, rate: nil).run(InvoiceFile(path: path), RejectsFile(path: rejects)) { _ in .committed }
        let mended = try String(decoding: folder.bytes(rejects), as: UTF8.self).replacing(",x,", with: ",1,")
        let content = try await FileContent(try folder.write(mended))
        #expect(content.numbers == ["100001", "100002"])
        #expect(content.lines.map(\.country) == ["France", "Côte d'Ivoire, or so"])
        #expect(content.assumptions.isEmpty)
    }

    @Test func saysWhatItMakesOfOtherThings() async throws {
        let open = try await FileContent(try folder.write(header + line("100001").dropLast()))
        #expect(open.numbers == ["100001"])
        #expect(open.assumptions == ["the last line, which no line break ends, is whole"])
        let null = try await FileContent(try folder.write(header + line("100001", customer: "NULL") + line("100002", country: "NULL")))
        #expect(null.numbers == ["100001"])
        #expect(null.lines.first?.customer == nil)
        #expect(null.rejected.map(\.reject.field) == [.country])
        #expect(null.assumptions == ["NULL is no value"])
    }

    @Test func tellsLittleOfALineThatIsNoHeader() throws {
        let failure = #expect(throws: Failure.self) {
            try InvoiceFile(path: folder.write(Array(repeating: UInt8(ascii: "x"), count: 5_000_000)))
        }
        #expect(failure?.description.contains("xxxx") == true)
        #expect((failure?.description.count ?? 10_000) < 400)
        let binary = #expect(throws: Failure.self) { try InvoiceFile(path: folder.write([0x50, 0x4B, 3, 4, 0, 0, 0x0A, 7, 27])) }
        #expect(binary?.description.unicodeScalars.allSatisfy { $0.value >= 32 } == true)
    }
}
