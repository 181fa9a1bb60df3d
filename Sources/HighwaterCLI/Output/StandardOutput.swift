import Foundation
import Operations
import Synchronization

/// Where results go. What is written at once stays in one piece, whoever else writes meanwhile and however little a pipe takes at a time.
public enum StandardOutput {
    private static let whole = Mutex(DescriptorWriter(STDOUT_FILENO))

    /// Writes what the command is run for. Blocks while the reader takes nothing.
    ///
    /// - Throws: ``OutputClosed`` where the reader has gone, which ends the command; ``Failure`` where it cannot be written.
    public static func write(_ text: String) throws {
        do throws(WriteFailure) {
            let bytes = Array(text.utf8)
            try whole.withLock { writer throws(WriteFailure) in try writer.write(bytes) }
        } catch {
            guard !error.isOfReader else { throw OutputClosed() }
            throw Failure("standard output cannot be written: \(error)")
        }
    }

    /// Writes what the command tells beside its exit status. A reader that has gone is no error: the work goes on, and the status stands.
    ///
    /// - Throws: ``Failure`` where it cannot be written.
    public static func report(_ text: String) throws {
        do { try write(text) } catch is OutputClosed {}
    }

    /// Reports one JSON value on one line.
    public static func report(json value: some Encodable) throws { try report(line(json: value)) }

    /// Writes one JSON value on one line.
    public static func write(json value: some Encodable) throws { try write(line(json: value)) }

    private static func line(json value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}

/// The reader of standard output has gone, as `head` does. The command ends quietly, and well.
public struct OutputClosed: Error {}
