import Foundation
import HighwaterCLI
import Synchronization

/// Where lines that fit no rule go: the source's columns in the source's bytes, then `line` and `reason`, and for people `field` and
/// `detail`.
///
/// An invoice that was refused has a row as well: its number, its first line, and the refusal's name as the reason. A row is whole in the
/// file as soon as it is added.
final class RejectsFile: Sendable {
    /// The columns behind the source's.
    static let ownColumns = ["line", "reason", "field", "detail"]

    private let file: OpenFile?
    private let path: String
    private let state = Mutex(State())

    private struct State {
        /// The source's; nil until the load begins.
        var layout: Layout?
        var tally = RejectTally()
    }

    var tally: RejectTally { state.withLock { $0.tally } }
    var count: Int { tally.count }

    /// Opens the file, and leaves what is in it for the time being.
    ///
    /// - Parameter path: nil: lines are counted only.
    /// - Throws: ``Failure`` where the file cannot be opened or made.
    init(path: String?) throws {
        self.path = path ?? ""
        guard let path else {
            file = nil
            return
        }
        do {
            file = try OpenFile(path, O_WRONLY | O_CREAT)
        } catch {
            throw Failure("the rejects file '\(path)' cannot be written: \(error)")
        }
    }

    /// Empties the file and writes its header.
    func begin(_ layout: Layout) throws {
        state.withLock { $0.layout = layout }
        guard let file else { return }
        do {
            // A device and a pipe have no length.
            if try file.status().isRegular, ftruncate(file.descriptor, 0) != 0 { throw SystemFault() }
        } catch {
            throw failure(error)
        }
        try write((layout.names + Self.ownColumns).map { Array($0.utf8) })
    }

    func add(_ record: CSVRecord, _ reject: Reject) throws {
        let (layout, field) = state.withLock { state in
            let field = reject.field.map { state.layout?.name(of: $0) ?? $0.rawValue }
            state.tally.add(reject, field: field)
            return (state.layout, field)
        }
        guard file != nil, let layout else { return }
        var fields = (0..<layout.names.count).map { $0 < record.count ? Array(record[$0]) : [] }
        // What a line has too much stays with its last field.
        for surplus in (0..<record.count).dropFirst(fields.count) { fields[fields.count - 1] += [layout.separator] + record[surplus] }
        let own = [String(record.line), reject.reason.rawValue, field ?? "", reject.detail]
        try write(fields + own.map { Array($0.utf8) })
    }

    /// An invoice that was not taken.
    func add(_ command: InvoiceCommand, refusedFor name: String, detail: String?) throws {
        guard file != nil, let layout = state.withLock({ $0.layout }) else { return }
        var fields = layout.names.map { _ in [UInt8]() }
        fields[layout.place(of: .invoice)] = Array(command.invoice.utf8)
        try write(fields + [String(command.line), name, "", detail ?? ""].map { Array($0.utf8) })
    }

    private func write(_ fields: [[UInt8]]) throws {
        do throws(SystemFault) {
            try file?.append(CSVRecord.line(of: fields))
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ fault: any Error) -> Failure { Failure("the rejects file '\(path)' cannot be written: \(fault)") }
}
