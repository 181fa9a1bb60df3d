import Foundation
import Synchronization

/// What a process writes, line by line, for those who wait for a line.
final class LineLog: Sendable {
    private struct Waiter {
        let id: Int
        let from: Int
        let matches: @Sendable (String) -> Bool
        let continuation: CheckedContinuation<String?, Never>
    }

    private struct State {
        var text: [UInt8] = []
        var lines: [String] = []
        var hasEnded = false
        var waiters: [Waiter] = []
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    var lines: [String] { state.withLock { $0.lines } }
    var text: String { lines.joined(separator: "\n") }

    /// Takes what has been read; nothing is the end.
    func add(_ data: Data) {
        let answers = state.withLock { state -> [(Waiter, String?)] in
            let known = state.lines.count
            state.text += data
            while let newline = state.text.firstIndex(of: UInt8(ascii: "\n")) {
                state.lines.append(String(decoding: state.text[..<newline], as: UTF8.self))
                state.text.removeSubrange(...newline)
            }
            if data.isEmpty {
                if !state.text.isEmpty { state.lines.append(String(decoding: state.text, as: UTF8.self)) }
                state.text = []
                state.hasEnded = true
            }
            let new = state.lines[known...]
            var answers: [(Waiter, String?)] = []
            state.waiters.removeAll { waiter in
                let found = new.first(where: waiter.matches)
                guard found != nil || state.hasEnded else { return false }
                answers.append((waiter, found))
                return true
            }
            return answers
        }
        for (waiter, line) in answers { waiter.continuation.resume(returning: line) }
    }

    /// The first line that matches, come or to come; nil where the process ends its output without one.
    func first(where matches: @escaping @Sendable (String) -> Bool) async -> String? {
        await withCheckedContinuation { continuation in
            let (isKnown, line) = state.withLock { state -> (Bool, String?) in
                if let line = state.lines.first(where: matches) { return (true, line) }
                if state.hasEnded { return (true, nil) }
                state.waiters.append(Waiter(id: state.nextWaiter, from: state.lines.count, matches: matches, continuation: continuation))
                state.nextWaiter += 1
                return (false, nil)
            }
            if isKnown { continuation.resume(returning: line) }
        }
    }

    /// Returns once `count` lines match; false where the output ends before.
    func waitFor(_ count: Int, where matches: @escaping @Sendable (String) -> Bool = { _ in true }) async -> Bool {
        // Both by the lines known now and by those to come, each is asked about once, in order.
        let seen = Mutex(0)
        return await first { line in
            guard matches(line) else { return false }
            return seen.withLock { seen in
                seen += 1
                return seen == count
            }
        } != nil
    }
}
