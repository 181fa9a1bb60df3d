import Commerce
import CommerceSchemas
import EventModel
import ProtobufModel
import SwiftProtobuf
import Testing

@testable import CommerceLoad

@Suite struct InvoiceLineTests {
    /// A good line with one or some of its fields replaced, by column.
    private func fields(_ replaced: [String: String] = [:]) -> [String] {
        var fields = [
            "536365", "85123A", "WHITE HANGING HEART T-LIGHT HOLDER", "6", "2010-12-01 08:26:00", "2.55", "17850.0", "United Kingdom",
        ]
        for (column, value) in replaced { fields[Column.header.firstIndex(of: column) ?? 0] = value }
        return fields
    }

    private func line(_ fields: [String], _ form: LineForm = .documented) throws(Reject) -> InvoiceLine {
        try InvoiceLine(CSVRecord(line: 2, fields: fields), form)
    }

    private func reject(_ fields: [String], _ form: LineForm = .documented) -> Reject? {
        do throws(Reject) {
            _ = try line(fields, form)
            return nil
        } catch {
            return error
        }
    }

    private func reason(_ fields: [String]) -> RejectReason? { reject(fields)?.reason }

    private func reason(_ replaced: [String: String]) -> RejectReason? { reason(fields(replaced)) }

    @Test func takesAnOrdersLine() throws {
        let line = try line(fields())
        #expect(line.invoice.text == "536365")
        #expect(!line.invoice.isReturn)
        #expect(line.customer == "17850")
        #expect(line.country == "United Kingdom")
        #expect(line.date.description == "2010-12-01T08:26:00Z")
        #expect(
            line.line
                == Line.with {
                    $0.sku = "85123A"
                    $0.description_p = "WHITE HANGING HEART T-LIGHT HOLDER"
                    $0.quantity = 6
                    $0.unitPriceMicros = 2_550_000
                })
    }

    @Test func takesAReturnsLineWithAPositiveQuantity() throws {
        let line = try line(fields(["InvoiceNo": "C536379", "Quantity": "-12"]))
        #expect(line.invoice.isReturn)
        #expect(line.invoice.text == "C536379")
        #expect(line.line.quantity == 12)
    }

    @Test(arguments: ["", "53636", "5363651", "A563185", "c536379", "C53637", "CC36379", "536365C", " 536365", "53636٥", "C"])
    func knowsInvoiceNumbersBySixDigits(_ number: String) {
        // Whatever else is wrong with the line.
        #expect(reason(["InvoiceNo": number]) == .invoiceNumber)
        #expect(reason(["InvoiceNo": number, "Quantity": "six", "UnitPrice": "-1"]) == .invoiceNumber)
        #expect(reason([number]) == .invoiceNumber)
    }

    @Test func setsLinesAsideThatDoNotParse() {
        for (column, values) in [
            "StockCode": [""], "Quantity": ["", "six", "1.0", "1,000", "2147483648", "99999999999", "1e3"],
            "InvoiceDate": [
                "", "01/12/2010 08:26", "2010-12-01", "2010-13-01 08:26:00", "2010-12-32 08:26:00", "40513.35",
                "2010-12-01 24:00:00", "2010-12-01 08:60:00", "2010-12-01 08:26:61", "2011-02-29 08:26:00", "2010-11-31 08:26:00",
                "2010-12-00 08:26:00", "2010-12-01 08:26:0Z", "0000-12-01 08:26:00",
            ],
            "UnitPrice": [
                "", "2,55", "£2.55", ".5", "1.", "1.2.3", "-", "--1", "+1", "1e3", "0x10", "NaN", "2.5500001", "9223372036854.775808",
                "1,234.5", "1 234",
            ],
            "CustomerID": ["x", "17850.5", ".0", "17850.", "-1", "17850.00", " "], "Country": [""],
        ] {
            for value in values { #expect(reason([column: value]) == .malformed, "\(column) '\(value)'") }
        }
        #expect(reason(Array(fields().dropLast())) == .malformed)
        #expect(reason(fields() + ["x"]) == .malformed)
        #expect(reason(fields() + ["", "x"]) == .malformed)
    }

    /// What the command API would answer with 400.
    @Test func setsLinesAsideWhoseTextsTheCommandAPIDoesNotTake() throws {
        for (column, length) in [
            "StockCode": TextLimits.sku, "Description": TextLimits.description, "Country": TextLimits.country,
            "CustomerID": TextLimits.customerID,
        ] {
            // Two bytes each, one character; a customer is digits.
            let character = column == "CustomerID" ? "1" : "é"
            for (count, expected) in [(length.upperBound, nil), (length.upperBound + 1, .malformed)] as [(Int, RejectReason?)] {
                let replaced = [column: String(repeating: character, count: count)]
                #expect(reason(replaced) == expected, "\(column) of \(count)")
                guard let accepted = try? line(fields(replaced)) else { continue }
                var invoice = Invoice()
                invoice.add(accepted)
                let command = try #require(try invoice.command())
                // As the server reads it.
                _ = try OrderCommand.codecs[0].parse(Bytes(command.body))
            }
            guard column != "CustomerID" else { continue }
            #expect(reason([column: "a\0b"]) == .malformed, "\(column) with NUL")
        }
    }

    @Test func takesWhatIsUnusualButRight() throws {
        #expect(try line(fields(["Description": ""])).line.description_p == "")
        #expect(try line(fields(["CustomerID": ""])).customer == nil)
        #expect(try line(fields(["CustomerID": "17850"])).customer == "17850")
        #expect(try line(fields(["UnitPrice": "0"])).line.unitPriceMicros == 0)
        #expect(try line(fields(["UnitPrice": "-0.0"])).line.unitPriceMicros == 0)
        #expect(try line(fields(["Quantity": "2147483647"])).line.quantity == .max)
        #expect(try line(fields(["InvoiceDate": "2012-02-29 23:59:59"])).date.description == "2012-02-29T23:59:59Z")
        // As spreadsheets write cells.
        #expect(try line(fields(["Quantity": "6 ", "UnitPrice": " 2.55 "])).line.unitPriceMicros == 2_550_000)
        #expect(try line(fields(["InvoiceDate": "2010-12-01T08:26"])).date.description == "2010-12-01T08:26:00Z")
        #expect(try line(fields() + ["", ""]).country == "United Kingdom")
        #expect(try line(fields(["CustomerID": "NULL", "Description": "NULL"])).customer == nil)
    }

    @Test func wantsAQuantityOfTheRightSign() {
        #expect(reason(["Quantity": "0"]) == .quantity)
        #expect(reason(["Quantity": "-6"]) == .quantity)
        #expect(reason(["InvoiceNo": "C536365", "Quantity": "6"]) == .quantity)
        #expect(reason(["InvoiceNo": "C536365", "Quantity": "0"]) == .quantity)
        // Has no positive counterpart.
        #expect(reason(["InvoiceNo": "C536365", "Quantity": "-2147483648"]) == .quantity)
        #expect(reason(["Quantity": "-6", "UnitPrice": "-1"]) == .quantity)
        #expect(reason(["Quantity": "-6", "UnitPrice": "x"]) == .malformed)
    }

    @Test func wantsAPriceThatIsNotBelowZero() {
        #expect(reason(["UnitPrice": "-11062.06"]) == .price)
        #expect(reason(["UnitPrice": "-0.000001"]) == .price)
        #expect(reason(["InvoiceNo": "C536365", "Quantity": "-1", "UnitPrice": "-1"]) == .price)
    }

    @Test(arguments: [
        ("2.55", 2_550_000), ("0.1", 100_000), ("0.001", 1000), ("0.000001", 1), ("11062.06", 11_062_060_000), ("38970", 38_970_000_000),
        ("1.1000000", 1_100_000), ("0003.5", 3_500_000), ("9223372036854.775807", Int64.max), ("-0.3", -300_000),
    ])
    func readsPricesExactly(_ text: String, _ micros: Int64) throws {
        #expect(try LineForm.documented.price(of: CSVRecord(line: 2, fields: fields(["UnitPrice": text]))) == micros)
    }

    @Test func namesTheFieldAndWhatIsWrongWithIt() {
        for (column, value, reason, words) in [
            (.invoice, "A1", .invoiceNumber, "six digits"), (.sku, "", .malformed, "empty"), (.sku, "8.5E+04", .malformed, "rounded"),
            (.sku, "#N/A", .malformed, "error"), (.sku, "NULL", .malformed, "empty"), (.description, "#REF!", .malformed, "error"),
            (.quantity, "six", .malformed, "no number"), (.quantity, "1.23E+05", .malformed, "no number"), (.quantity, "0", .quantity, "0"),
            (.date, "yesterday", .malformed, "no date"), (.date, "03/04/2011 08:26", .malformed, "day-first or month-first"),
            (.price, "2,55", .malformed, "decimal point"), (.price, "-1", .price, "below 0"), (.customer, "#N/A", .malformed, "error"),
            (.customer, "Smith", .malformed, "customer"), (.country, String(repeating: "x", count: 101), .malformed, "100 characters"),
        ] as [(Column, String, RejectReason, String)] {
            let reject = reject(fields([column.rawValue: value]))
            #expect(reject?.field == column, "\(value)")
            #expect(reject?.reason == reason, "\(value)")
            #expect(reject?.detail.contains(words) == true, "\(value): \(reject?.detail ?? "")")
        }
        let short = reject(Array(fields().dropLast()))
        #expect(short == Reject(.malformed, .country, "is missing"))
    }

    @Test func bytesThatAreNoTextAreMalformed() {
        var record = CSVRecord(line: 2, fields: Array(fields().dropLast()))
        record.append([0x43, 0x75, 0x72, 0x61, 0xE7, 0x61, 0x6F][...])
        record.endField()
        #expect(throws: Reject(.malformed, .country, "is not UTF-8", hint: .encoding)) { try InvoiceLine(record, .documented) }
    }
}
