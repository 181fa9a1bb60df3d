import Foundation
import Testing

extension Installation {
    /// Starts a `replay`, and sends it `signal` while its generation is there and is being built.
    ///
    /// The replay runs for a few milliseconds at a time, and is stopped whenever it is looked at, so that it does not get past what is looked for.
    ///
    /// - Returns: how it ended, and what it has written on standard error. One that was faster all the same ends with `.status(0)`: try again.
    func interruptingReplay(
        _ arguments: [String], of projection: String, in database: ReadModelDatabase, by signal: Int32
    ) async throws -> (exit: CommerceProcess.Exit, errors: String) {
        let before = try await database.states(projection)
        return try await running(arguments) { replay in
            try await eventually("it builds", pause: .milliseconds(5)) {
                if replay.hasEnded { return true }
                replay.signal(SIGSTOP)
                let states = try? await database.states(projection)
                if let states, states != before { return true }
                replay.signal(SIGCONT)
                return false
            }
            replay.signal(signal)
            replay.signal(SIGCONT)
            let exit = await replay.wait()
            return (exit, replay.standardError.text)
        }
    }

    /// Kills a `replay` with -9 while its generation is being built, and leaves that behind with its lease.
    func killReplay(_ arguments: [String], of projection: String, in database: ReadModelDatabase) async throws {
        for _ in 0..<10 {
            // The lease of the attempt before would refuse this one.
            try await database.moveLeases(by: .seconds(-60))
            _ = try await interruptingReplay(arguments, of: projection, in: database, by: SIGKILL)
            if try await database.states(projection).last == "building" { return }
        }
        Issue.record("no replay of \(projection) was caught while it built")
    }
}
