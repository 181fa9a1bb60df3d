import Foundation
import Testing

extension Installation {
    /// Starts a `replay`, and sends it `signal` as soon as its generation is there, if it has not ended by then.
    ///
    /// - Returns: how it ended, and what it has written on standard error. One that was faster than the signal ends with `.status(0)`: try again.
    func interruptingReplay(
        _ arguments: [String], of projection: String, in database: ReadModelDatabase, by signal: Int32
    ) async throws -> (exit: CommerceProcess.Exit, errors: String) {
        let before = try await database.states(projection)
        return try await running(arguments) { replay in
            try await eventually("it builds") {
                if replay.hasEnded { return true }
                return try await database.states(projection) != before
            }
            replay.signal(signal)
            let exit = await replay.wait()
            return (exit, replay.standardError.text)
        }
    }
}
