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
        for (column, value) in replaced { fields[InvoiceLine.columns.firstIndex(of: column) ?? 0] = value }
        return fields
    }

    private func reason(_ fields: [String]) -> RejectReason? {
        do throws(RejectReason) {
            _ = try InvoiceLine(fields)
            return nil
        } catch {
            return error
        }
    }

    private func reason(_ replaced: [String: String]) -> RejectReason? { reason(fields(replaced)) }

    @Test func takesAnOrdersLine() throws {
        let line = try InvoiceLine(fields())
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
        let line = try InvoiceLine(fields(["InvoiceNo": "C536379", "Quantity": "-12"]))
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
            "StockCode": [""], "Quantity": ["", "six", "1.0", "6 ", "2147483648", "99999999999", "1e3"],
            "InvoiceDate": [
                "", "01/12/2010 08:26", "2010-12-01", "2010-12-01T08:26:00", "2010-12-01 08:26", "2010-13-01 08:26:00",
                "2010-12-32 08:26:00",
                "2010-12-01 24:00:00", "2010-12-01 08:60:00", "2010-12-01 08:26:61", "2011-02-29 08:26:00", "2010-11-31 08:26:00",
                "2010-12-00 08:26:00", "2010-12-01 08:26:0Z", "0000-12-01 08:26:00",
            ],
            "UnitPrice": [
                "", "2,55", "£2.55", ".5", "1.", "1.2.3", "-", "--1", "+1", "1e3", "0x10", "NaN", "2.5500001", "9223372036854.775808", " 1",
            ],
            "CustomerID": ["x", "17850.5", ".0", "17850.", "-1", "17850.00", " "], "Country": [""],
        ] {
            for value in values { #expect(reason([column: value]) == .malformed, "\(column) '\(value)'") }
        }
        #expect(reason(Array(fields().dropLast())) == .malformed)
        #expect(reason(fields() + [""]) == .malformed)
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
                guard let line = try? InvoiceLine(fields(replaced)) else { continue }
                var invoice = Invoice()
                invoice.add(line)
                let command = try #require(try invoice.command())
                // As the server reads it.
                _ = try OrderCommand.codecs[0].parse(Bytes(command.body))
            }
            guard column != "CustomerID" else { continue }
            #expect(reason([column: "a\0b"]) == .malformed, "\(column) with NUL")
        }
    }

    @Test func takesWhatIsUnusualButRight() throws {
        #expect(try InvoiceLine(fields(["Description": ""])).line.description_p == "")
        #expect(try InvoiceLine(fields(["CustomerID": ""])).customer == nil)
        #expect(try InvoiceLine(fields(["CustomerID": "17850"])).customer == "17850")
        #expect(try InvoiceLine(fields(["UnitPrice": "0"])).line.unitPriceMicros == 0)
        #expect(try InvoiceLine(fields(["UnitPrice": "-0.0"])).line.unitPriceMicros == 0)
        #expect(try InvoiceLine(fields(["Quantity": "2147483647"])).line.quantity == .max)
        #expect(try InvoiceLine(fields(["InvoiceDate": "2012-02-29 23:59:59"])).date.description == "2012-02-29T23:59:59Z")
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
    func readsPricesExactly(_ text: String, _ micros: Int64) {
        #expect(InvoiceLine.micros(text) == micros)
    }
}
