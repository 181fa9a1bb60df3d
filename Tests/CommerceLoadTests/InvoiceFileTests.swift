import CommerceSchemas
import Foundation
import HighwaterCLI
import SwiftProtobuf
import Testing

@testable import CommerceLoad

@Suite struct InvoiceFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func keepsAnInvoicesLinesTogetherWhereverTheyStand() async throws {
        let file = try folder.write(
            header + line("100001", sku: "A") + line("100002", sku: "B") + line("100001", sku: "C") + line("C100003", sku: "D")
                + line("100002", sku: "E") + line("100001", sku: "F"))
        let content = try await FileContent(file)
        // Each when its last line has been read.
        #expect(content.invoices.map { $0.lines.map(\.line.sku) } == [["D"], ["B", "E"], ["A", "C", "F"]])
        #expect(content.numbers == ["C100003", "100002", "100001"])
        #expect(content.rejected.isEmpty)
    }

    @Test func anInvoiceGoesInWithItsAcceptedLines() async throws {
        let file = try folder.write(
            header + line("100001", sku: "A", price: "x") + line("100001", sku: "B", customer: "1", country: "Spain")
                + line("100001", sku: "C")
                + line("100001", sku: "D", quantity: 0) + line("100002", price: "-1") + "A00001,x\n")
        let content = try await FileContent(file)
        #expect(content.rejected.map(\.line) == [2, 5, 6, 7])
        #expect(content.rejected.map(\.reject.reason) == [.malformed, .quantity, .price, .invoiceNumber])
        #expect(content.numbers == ["100001"])
        let command = try #require(content.commands.first)
        // The first of them gives date, customer and country.
        let order = try PlaceOrder(jsonUTF8Bytes: command.body)
        #expect(order.country == "Spain")
        #expect(order.customerID == "1")
        #expect(order.lines.map(\.sku) == ["B", "C"])
    }

    @Test func givesAnOrdersCommand() async throws {
        let content = try await FileContent(try folder.write(header + line("100001", price: "2.55", customer: "")))
        let command = try #require(content.commands.first)
        #expect(command.path == "/v1/order/100001/place")
        #expect(command.idempotencyKey.contains("100001"))
        let order = try PlaceOrder(jsonUTF8Bytes: command.body)
        #expect(!order.hasCustomerID)
        #expect(order.currency == "GBP")
        #expect(order.placedAt.seconds == 1_291_191_960)
        #expect(order.lines.map(\.unitPriceMicros) == [2_550_000])
    }

    @Test func givesAReturnsCommand() async throws {
        let content = try await FileContent(try folder.write(header + line("C100001", quantity: 3)))
        let command = try #require(content.commands.first)
        #expect(command.path == "/v1/return/C100001/register")
        let body = try RegisterReturn(jsonUTF8Bytes: command.body)
        #expect(body.lines.map(\.quantity) == [3])
        #expect(body.customerID == "17850")
        #expect(body.registeredAt.seconds == 1_291_191_960)
    }

    @Test func theSameInvoiceGivesTheSameCommand() async throws {
        let file = try folder.write(header + line("100001") + line("100002"))
        let first = try await FileContent(file).commands
        let second = try await FileContent(file).commands
        #expect(first.map(\.idempotencyKey) == second.map(\.idempotencyKey))
        #expect(first.map(\.body) == second.map(\.body))
        #expect(Set(first.map(\.idempotencyKey)).count == 2)
    }

    @Test func readsGzippedFiles() async throws {
        // More than a pipe or a chunk holds.
        let text = header + (0..<5000).map { line(String(100_000 + $0 % 2500), sku: "S\($0)") }.joined()
        let plain = try folder.write(text)
        let content = try await FileContent(try folder.gzip(plain))
        #expect(content.invoices.count == 2500)
        #expect(content.invoices.allSatisfy { $0.lines.count == 2 })
        #expect(content.numbers == (try await FileContent(plain)).numbers)
    }

    @Test func readsAFileWithAByteOrderMarkAndCarriageReturns() async throws {
        let text =
            "\u{FEFF}"
            + (header + line("100001") + "\n" + line("C100002")).split(separator: "\n", omittingEmptySubsequences: false).joined(
                separator: "\r\n")
        let content = try await FileContent(try folder.write(text))
        #expect(content.numbers == ["100001", "C100002"])
        #expect(content.rejected.isEmpty)
    }

    @Test func refusesATruncatedGzipFileBeforeAnythingIsSent() throws {
        let whole = try folder.gzip(try folder.write(header + (0..<5000).map { line("100001", sku: "S\($0)") }.joined()))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        let path = folder.path + "/cut.csv.gz"
        for length in [bytes.count - 1, bytes.count / 2] {
            try bytes.prefix(length).write(to: URL(fileURLWithPath: path))
            expectFailure(path, containing: "gzip")
        }
        try Data("no gzip at all".utf8).write(to: URL(fileURLWithPath: path))
        expectFailure(path, containing: "gzip")
    }

    @Test func refusesWhatIsNoOnlineRetailFile() throws {
        expectFailure(try folder.write("a,b,c\n1,2,3\n"), containing: "header")
        expectFailure(try folder.write(line("100001")), containing: "header")
        expectFailure(try folder.write(header.replacing(",Country", with: "")), containing: "has no 'Country'")
        expectFailure(try folder.write(header.replacing("Country", with: "Quantity")), containing: "'Quantity' twice")
        expectFailure(try folder.write(""), containing: "empty")
        expectFailure(folder.path + "/absent.csv", containing: "absent.csv")
        expectFailure(folder.path, containing: folder.path)
    }

    @Test func aFileWithoutOrdersHasNone() async throws {
        #expect(try await FileContent(try folder.write(header)).invoices.isEmpty)
    }

    private func expectFailure(_ path: String, containing text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: Failure.self, sourceLocation: sourceLocation) { try InvoiceFile(path: path) }
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "")", sourceLocation: sourceLocation)
    }
}
