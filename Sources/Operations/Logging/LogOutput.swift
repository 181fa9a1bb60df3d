/// Where log lines go.
public protocol LogOutput: Sendable {
    /// Writes one whole line, its line end included. Lines of concurrent calls never mix.
    func write(_ line: [UInt8])
}
