import Foundation
import Testing

/// Waits until a condition of other processes holds, which has to be asked for again and again: there is nobody to tell.
///
/// An error is a "not yet" like any other; the last one is told where the time runs out.
func eventually(
    _ what: String, within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
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
        try await Task.sleep(for: .milliseconds(25))
    } while ContinuousClock.now - start < limit
    try #require(Bool(false), "not within \(limit): \(what)\(last.map { " (\($0))" } ?? "")", sourceLocation: sourceLocation)
}

extension Duration {
    var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
    /// As people read it.
    var rounded: String { "\(Int(milliseconds.rounded())) ms" }
}
