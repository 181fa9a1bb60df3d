import Foundation
import Synchronization

/// Where results go. What is written at once stays in one piece, whoever else writes meanwhile and however little a pipe takes at a time.
public enum StandardOutput {
    private static let whole = Mutex(())

    public static func write(_ text: String) { whole.withLock { _ in FileHandle.standardOutput.write(Data(text.utf8)) } }

    /// One JSON value on one line.
    public static func write(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }
}
