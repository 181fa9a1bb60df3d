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
        // Foundation's createFile would put a new file in the place of a device such as /dev/null or /dev/stdout.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure("the rejects file '\(path)' cannot be written: \(String(cString: strerror(errno)))") }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
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
