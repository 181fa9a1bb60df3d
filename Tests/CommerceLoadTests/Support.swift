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

    func write(_ text: String, to name: String = "orders.csv") throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }

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

let header = InvoiceLine.columns.joined(separator: ",") + "\n"

/// A good line of an invoice; a return's where its number says so.
func line(
    _ invoice: String, sku: String = "85123A", quantity: Int = 1, price: String = "1", customer: String = "17850.0",
    country: String = "France"
) -> String {
    "\(invoice),\(sku),THING,\(invoice.hasPrefix("C") ? -quantity : quantity),2010-12-01 08:26:00,\(price),\(customer),\(country)\n"
}

/// What a file gives, in its order.
struct FileContent {
    var invoices: [Invoice] = []
    /// Of the invoices, in their order.
    var commands: [InvoiceCommand] = []
    var rejected: [(line: Int, reason: RejectReason)] = []

    var numbers: [String] { commands.map(\.invoice) }

    init(_ path: String) async throws {
        var content: (invoices: [Invoice], rejected: [(Int, RejectReason)]) = ([], [])
        try await InvoiceFile(path: path).read {
            content.rejected.append(($0.line, $1))
        } accepted: {
            content.invoices.append($0)
        }
        invoices = content.invoices
        commands = try invoices.compactMap { try $0.command() }
        rejected = content.rejected
    }
}
