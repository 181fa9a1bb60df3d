import Foundation
import Testing

/// A `replay` that has begun and comes no further than its first word of progress, as nobody takes that from it. It holds the projection by
/// then, and no lock in the database.
struct HeldReplay: Sendable {
    let process: CommerceProcess
    /// A named pipe that is full: its standard error.
    fileprivate let gate: String

    /// Lets it go on to its end.
    ///
    /// - Returns: how it ended, and what it has written on standard error.
    func finish() async throws -> (exit: CommerceProcess.Exit, errors: String) {
        let reader = try CommerceProcess(["tr", "-d", "\\0"], in: "/", shell: "exec < '\(gate)'", executable: "/usr/bin/env")
        let exit = await process.wait()
        _ = await reader.wait()
        return (exit, reader.standardOutput.text)
    }
}

extension Installation {
    /// Starts a `replay` that is held; it is killed afterwards where it still runs.
    func holdingReplay<Result>(_ arguments: [String], _ body: (HeldReplay) async throws -> Result) async throws -> Result {
        let gate = file("gate-\(UUID().uuidString)")
        // Whatever a pipe takes here; the writing end blocks from then on, but for those who ask not to be blocked.
        let fill = "mkfifo '\(gate)' && exec 2<>'\(gate)' && { dd if=/dev/zero of='\(gate)' bs=4096 oflag=nonblock 2>/dev/null || true; }"
        return try await running(arguments, shell: fill) { process in try await body(HeldReplay(process: process, gate: gate)) }
    }
}
