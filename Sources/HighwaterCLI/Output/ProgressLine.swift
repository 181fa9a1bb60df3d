import Synchronization

/// Shows how far long work is: one line that is rewritten on a terminal, a line every few seconds otherwise.
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

    /// Shows `text`, unless a line was shown just now.
    public func show(_ text: @autoclosure () -> String) {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            if let last = state.lastShown, now - last < interval { return false }
            state.lastShown = now
            state.isShown = true
            return true
        }
        guard isDue else { return }
        write(isTerminal ? "\r\u{1B}[K\(text())" : text() + "\n")
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
    public static func bar(_ fraction: Double, width: Int = 24) -> String {
        let full = Int((min(max(fraction, 0), 1) * Double(width)).rounded())
        return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: width - full) + "]"
    }
}
