import Foundation
import HighwaterCLI

/// An Online Retail CSV, plain or gzipped, read in two passes: the first counts each invoice's lines, so that the second can hand over an
/// invoice as soon as it is whole, wherever its lines stand, and hold no more than those that are not.
struct InvoiceFile {
    private let path: String
    /// How many lines each invoice has.
    private let lineCounts: [String: Int]

    /// Invoices of any form of number.
    var invoices: Int { lineCounts.count }

    /// - Throws: ``Failure`` where the file cannot be read or is no Online Retail file.
    init(path: String) throws {
        self.path = path
        var counts: [String: Int] = [:]
        try Self.forEachRecord(of: path) { record in counts[record.fields[0], default: 0] += 1 }
        lineCounts = counts
    }

    /// Hands over every line that is set aside, and every invoice when its last line has been read.
    func read(
        rejected: (CSVReader.Record, RejectReason) throws -> Void, accepted: (Invoice) async throws -> Void
    ) async throws {
        var open: [String: (invoice: Invoice, left: Int)] = [:]
        var whole: [Invoice] = []
        var chunks = try Chunks(path: path)
        var reader = CSVReader()
        var isHeader = true
        func take(_ record: CSVReader.Record) throws {
            guard !isHeader else {
                isHeader = false
                return
            }
            let number = record.fields[0]
            var (invoice, left) = open.removeValue(forKey: number) ?? (Invoice(), lineCounts[number] ?? 1)
            do throws(RejectReason) {
                invoice.add(try InvoiceLine(record.fields))
            } catch {
                try rejected(record, error)
            }
            left -= 1
            if left > 0 { open[number] = (invoice, left) } else { whole.append(invoice) }
        }
        while let chunk = try chunks.next() {
            try reader.read(chunk, take)
            for invoice in whole { try await accepted(invoice) }
            whole.removeAll(keepingCapacity: true)
        }
        try reader.end(take)
        for invoice in whole { try await accepted(invoice) }
    }

    private static func forEachRecord(of path: String, _ body: (CSVReader.Record) throws -> Void) throws {
        var chunks = try Chunks(path: path)
        var reader = CSVReader()
        var header: [String]?
        func take(_ record: CSVReader.Record) throws {
            guard header != nil else {
                header = record.fields
                guard record.fields == InvoiceLine.columns else {
                    throw Failure(
                        "'\(path)' is no Online Retail file: its header is '\(record.fields.joined(separator: ","))' and not "
                            + "'\(InvoiceLine.columns.joined(separator: ","))'")
                }
                return
            }
            try body(record)
        }
        while let chunk = try chunks.next() { try reader.read(chunk, take) }
        try reader.end(take)
        guard header != nil else { throw Failure("'\(path)' is empty") }
    }
}

/// A file's bytes, piece by piece; a `.gz` file by way of gzip, which every Debian has.
private struct Chunks {
    private let handle: FileHandle
    private let gzip: Process?
    private let path: String

    init(path: String) throws {
        self.path = path
        guard FileManager.default.isReadableFile(atPath: path) else { throw Failure("the file '\(path)' cannot be read") }
        if path.hasSuffix(".gz") {
            let process = Process()
            let pipe = Pipe()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["gzip", "-dc", "--", path]
            process.standardOutput = pipe
            do {
                try process.run()
            } catch {
                throw Failure("gzip, which '\(path)' needs, cannot be run: \(error)")
            }
            gzip = process
            handle = pipe.fileHandleForReading
        } else {
            guard let opened = FileHandle(forReadingAtPath: path) else { throw Failure("the file '\(path)' cannot be read") }
            gzip = nil
            handle = opened
        }
    }

    mutating func next() throws -> Data? {
        do {
            if let chunk = try handle.read(upToCount: 1 << 16), !chunk.isEmpty { return chunk }
        } catch {
            throw Failure("the file '\(path)' cannot be read: \(error)")
        }
        if let gzip {
            gzip.waitUntilExit()
            guard gzip.terminationStatus == 0 else { throw Failure("'\(path)' is no whole gzip file") }
        }
        return nil
    }
}
