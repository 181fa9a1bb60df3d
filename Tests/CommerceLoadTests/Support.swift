import Foundation

@testable import CommerceLoad

/// A folder that goes with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("highwater-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String = "orders.csv") throws -> String { try write(Array(text.utf8), to: name) }

    func write(_ bytes: [UInt8], to name: String = "orders.csv") throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    func bytes(_ file: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file))) }

    /// Compresses a file as gzip does: `name.gz`.
    func gzip(_ file: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "--keep", "--", file]
        try process.run()
        process.waitUntilExit()
        return file + ".gz"
    }
}

let header = Column.header.joined(separator: ",") + "\n"

/// A good line of an invoice; a return's where its number says so.
func line(
    _ invoice: String, sku: String = "85123A", quantity: Int = 1, price: String = "1", customer: String = "17850.0",
    country: String = "France", date: String = "2010-12-01 08:26:00"
) -> String {
    "\(invoice),\(sku),THING,\(invoice.hasPrefix("C") ? -quantity : quantity),\(date),\(price),\(customer),\(country)\n"
}

extension LineForm {
    /// The data set's own.
    static let documented = form(dates: nil, .documented)

    static func form(dates: DateOrder?, _ numbers: NumberForm) -> LineForm {
        do {
            let layout = try Layout(head: Array(header.utf8), encoding: .utf8, separator: nil, of: "the data set")
            return LineForm(layout: layout, dates: dates, numbers: numbers)
        } catch {
            fatalError("\(error)")
        }
    }
}

/// What a file gives, in its order.
struct FileContent {
    var invoices: [Invoice] = []
    /// Of the invoices, in their order.
    var commands: [InvoiceCommand] = []
    var rejected: [(line: Int, reject: Reject)] = []
    var assumptions: [String] = []

    var numbers: [String] { commands.map(\.invoice) }
    var lines: [InvoiceLine] { invoices.flatMap(\.lines) }

    init(_ path: String, _ options: FormOptions = FormOptions()) async throws {
        let file = try InvoiceFile(path: path, options)
        assumptions = file.assumptions
        var content: (invoices: [Invoice], rejected: [(Int, Reject)]) = ([], [])
        try await file.read {
            content.rejected.append(($0.line, $1))
        } accepted: {
            if !$0.lines.isEmpty { content.invoices.append($0) }
        }
        invoices = content.invoices
        commands = try invoices.compactMap { try $0.command() }
        rejected = content.rejected
    }
}
