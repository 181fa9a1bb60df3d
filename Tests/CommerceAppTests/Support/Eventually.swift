import Foundation
import Testing

/// Waits until a condition of other processes holds, which has to be asked for again and again: there is nobody to tell.
///
/// An error is a "not yet" like any other; the last one is told where the time runs out. A failed expectation, required or not, is a failure.
///
/// - Parameter pause: between two times of asking. Where a process is started to ask, short pauses would keep others from their work.
func eventually(
    _ what: String, within limit: Duration = .seconds(60), pause: Duration = .milliseconds(25),
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let start = ContinuousClock.now
    var last: (any Error)?
    repeat {
        do {
            if try await condition() { return }
            last = nil
        } catch let error as CancellationError {
            throw error
        } catch {
            last = error
        }
        try await Task.sleep(for: pause)
    } while ContinuousClock.now - start < limit
    try #require(Bool(false), "not within \(limit): \(what)\(last.map { " (\($0))" } ?? "")", sourceLocation: sourceLocation)
}

/// Waits for what tells of itself: `body` returns then, and ends early where it is cancelled.
func occurs(
    _ what: String, within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable () async -> Bool
) async throws {
    let isDone = try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask { await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return false
        }
        defer { group.cancelAll() }
        return try await group.next() ?? false
    }
    try Task.checkCancellation()
    try #require(isDone, "not within \(limit): \(what)", sourceLocation: sourceLocation)
}

extension Duration {
    var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
    /// As people read it.
    var rounded: String { "\(Int(milliseconds.rounded())) ms" }
}
