import Foundation

/// Where progress and messages go.
public enum StandardError {
    public static let isTerminal = isatty(STDERR_FILENO) == 1

    public static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
