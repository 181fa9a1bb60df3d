import Foundation
import Operations

/// Where progress and messages go, in line with the log.
public enum StandardError {
    public static let isTerminal = isatty(STDERR_FILENO) == 1

    /// Never waits for the reader: ``BufferedOutput``.
    public static func write(_ text: String) { BufferedOutput.standardError.write(Array(text.utf8)) }
}
