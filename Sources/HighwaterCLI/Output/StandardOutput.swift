import Foundation

/// Where results go, buffered by line runs.
public enum StandardOutput {
    public static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    /// One JSON value on one line.
    public static func write(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }
}
