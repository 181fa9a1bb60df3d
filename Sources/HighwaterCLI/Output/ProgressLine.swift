import Synchronization

/// Shows how far long work is: on a terminal one line with a bar, which is rewritten; otherwise a plain line every few seconds.
public final class ProgressLine: Sendable {
    private struct State {
        var lastShown: ContinuousClock.Instant?
        var isShown = false
    }

    private let state = Mutex(State())
    private let isTerminal: Bool
    private let write: @Sendable (String) -> Void

    public init(isTerminal: Bool = StandardError.isTerminal, write: @escaping @Sendable (String) -> Void = StandardError.write) {
        self.isTerminal = isTerminal
        self.write = write
    }

    private var interval: Duration { isTerminal ? .milliseconds(100) : .seconds(5) }

    /// Shows `work`, how much of it is done, and figures about it, unless a line was shown just now.
    ///
    /// - Parameter fraction: 0 to 1.
    public func show(_ work: @autoclosure () -> String, done fraction: Double, _ figures: @autoclosure () -> String) {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            if let last = state.lastShown, now - last < interval { return false }
            state.lastShown = now
            state.isShown = true
            return true
        }
        guard isDue else { return }
        let done = min(max(fraction, 0), 1)
        let bar = isTerminal ? Self.bar(done) + " " : ""
        let text = "\(work()) \(bar)\(Int(done * 100)) %, \(figures())"
        write(isTerminal ? "\r\u{1B}[K\(text)" : text + "\n")
    }

    /// Clears the terminal's line; what comes next stands for itself.
    public func end() {
        let wasShown = state.withLock { state in
            defer { state = State() }
            return state.isShown
        }
        if isTerminal && wasShown { write("\r\u{1B}[K") }
    }

    /// A bar of `width` cells, `fraction` of them full.
    private static func bar(_ fraction: Double, width: Int = 24) -> String {
        let full = Int((fraction * Double(width)).rounded())
        return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: width - full) + "]"
    }
}
