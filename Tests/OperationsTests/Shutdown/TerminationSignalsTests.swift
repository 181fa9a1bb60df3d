import Synchronization
import Testing
import UnixSignals

@testable import Operations

struct TerminationSignalsTests {
    private final class Seen: Sendable {
        private let signals = Mutex<[String]>([])
        var all: [String] { signals.withLock { $0 } }
        func add(_ signal: UnixSignal) { signals.withLock { $0.append("\(signal)") } }
    }

    private struct Failed: Error {}

    @Test func aSignalThatComesFirstIsKept() {
        let signals = TerminationSignals()
        let seen = Seen()
        signals.receive(.sighup)
        #expect(seen.all.isEmpty)
        signals.respond(seen.add)
        #expect(seen.all == ["SIGHUP"])
        signals.receive(.sigterm)
        #expect(seen.all == ["SIGHUP", "SIGTERM"])
    }

    @Test func workIsCancelledAndTheOldResponseComesBack() async throws {
        let signals = TerminationSignals()
        let seen = Seen()
        signals.respond(seen.add)
        let started = Gate()
        let work = Task {
            try await signals.cancelling {
                started.open()
                let (stream, continuation) = AsyncStream<Never>.makeStream()
                for await _ in stream {}
                continuation.finish()
                throw Failed()
            }
        }
        await started.pass()
        signals.receive(.sigterm)
        let interrupted = await #expect(throws: Interrupted.self) { try await work.value }
        #expect(interrupted?.description == "stopped by SIGTERM")
        #expect(seen.all.isEmpty)
        signals.receive(.sigint)
        #expect(seen.all == ["SIGINT"])
    }

    @Test func workThatSucceedsAllTheSameHasSucceeded() async throws {
        let signals = TerminationSignals()
        signals.receive(.sigterm)
        let wasCancelled = try await signals.cancelling { Task.isCancelled }
        #expect(wasCancelled)
        await #expect(throws: Failed.self) { try await TerminationSignals().cancelling { throw Failed() } }
    }
}
