import Foundation
import HighwaterCLI

/// Where lines that fit no rule go: the source's columns, then `line` and `reason`.
final class RejectsFile {
    private let handle: FileHandle?
    private(set) var count = 0

    /// - Parameter path: nil: lines are counted only.
    /// - Throws: ``Failure`` where the file cannot be made.
    init(path: String?) throws {
        guard let path else {
            handle = nil
            return
        }
        guard FileManager.default.createFile(atPath: path, contents: nil), let opened = FileHandle(forWritingAtPath: path) else {
            throw Failure("the rejects file '\(path)' cannot be written")
        }
        handle = opened
        try write(CSVReader.line(InvoiceLine.columns + ["line", "reason"]))
    }

    func add(_ record: CSVReader.Record, _ reason: RejectReason) throws {
        count += 1
        let fields = record.fields.prefix(InvoiceLine.columns.count)
        let missing = Array(repeating: "", count: max(0, InvoiceLine.columns.count - fields.count))
        try write(CSVReader.line(fields + missing + [String(record.line), reason.rawValue]))
    }

    private func write(_ text: String) throws {
        do {
            try handle?.write(contentsOf: Data(text.utf8))
        } catch {
            throw Failure("the rejects file cannot be written: \(error)")
        }
    }
}
