import Foundation
import HighwaterTesting
import Logging
import ServiceLifecycle
import Synchronization
import Testing
import UnixSignals

@testable import Operations

struct ServicesTests {
    struct Failure: Error, Equatable {}

    /// Says what happens to it, and whether the instance was draining by then.
    final class Journal: Sendable {
        private let entries = Mutex<[String]>([])
        var all: [String] { entries.withLock { $0 } }
        func add(_ entry: String) { entries.withLock { $0.append(entry) } }
    }

    struct Worker: Service {
        let name: String
        let journal: Journal
        let health: HealthRegistry
        let started: Gate

        func run() async throws {
            started.open()
            try await gracefulShutdown()
            journal.add("\(name) \(health.isDraining ? "after" : "before") draining")
        }
    }

    struct Failing: Service {
        let others: [Gate]

        func run() async throws {
            for gate in others { await gate.pass() }
            throw Failure()
        }
    }

    /// Takes no notice of a graceful shutdown.
    struct Stubborn: Service {
        let started: Gate
        let journal: Journal

        func run() async throws {
            let (events, continuation) = AsyncStream<Never>.makeStream()
            started.open()
            // Nothing ever comes; only cancellation ends it.
            for await _ in events {}
            continuation.finish()
            journal.add("cancelled")
        }
    }

    /// Takes its time to drain.
    struct Slow: Service {
        let started: Gate
        let draining: Gate
        let released: Gate
        let journal: Journal

        func run() async throws {
            started.open()
            try await gracefulShutdown()
            draining.open()
            await released.pass()
            journal.add(Task.isCancelled ? "cancelled" : "drained")
        }
    }

    let health = HealthRegistry()
    let journal = Journal()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func drainsFromTheLastToTheFirstAfterReadinessFails() async throws {
        let gates = [Gate(), Gate()]
        let group = makeServiceGroup(
            [
                Worker(name: "log", journal: journal, health: health, started: gates[0]),
                Worker(name: "http", journal: journal, health: health, started: gates[1]),
            ], shutdownDeadline: .seconds(60), health: health, logger: logger)
        async let run: Void = group.run()
        for gate in gates { await gate.pass() }
        #expect(!health.isDraining)
        await group.triggerGracefulShutdown()
        try await run
        #expect(journal.all == ["http after draining", "log after draining"])
    }

    @Test func everythingGoesOnUnreadyForTheDelay() async throws {
        let gate = Gate()
        let clock = ManualClock()
        let group = makeServiceGroup(
            [Worker(name: "http", journal: journal, health: health, started: gate)], shutdownDeadline: .seconds(60),
            drainDelay: .seconds(5),
            health: health, clock: clock, logger: logger)
        async let run: Void = group.run()
        await gate.pass()
        await group.triggerGracefulShutdown()
        await clock.sleeper(for: .seconds(5))
        #expect(await health.report(.ready).status == "draining")
        #expect(!health.isDraining)
        #expect(journal.all == [])
        clock.advance(by: .seconds(5))
        try await run
        #expect(journal.all == ["http after draining"])
    }

    @Test func aServiceThatFailsDrainsTheOthersAndIsReported() async throws {
        let gate = Gate()
        let group = makeServiceGroup(
            [Worker(name: "log", journal: journal, health: health, started: gate), Failing(others: [gate])], shutdownDeadline: .seconds(60),
            health: health, logger: logger)
        await #expect(throws: Failure()) { try await group.run() }
        #expect(journal.all == ["log after draining"])
    }

    /// Supervisors send it again; the deadline is what bounds the drain.
    @Test(arguments: [UnixSignal.sigterm, .sigint, .sighup]) func aSecondSignalCutsNothingShort(_ signal: UnixSignal) async throws {
        let (started, draining, released) = (Gate(), Gate(), Gate())
        let signals = TerminationSignals()
        let settings = try Settings.load(environment: [:])
        async let run: Void = runServices(
            [Slow(started: started, draining: draining, released: released, journal: journal)], settings: settings, health: health,
            signals: signals, logger: logger)
        await started.pass()
        signals.receive(signal)
        await draining.pass()
        for _ in 0..<3 { signals.receive(signal) }
        released.open()
        try await run
        #expect(journal.all == ["drained"])
    }

    @Test func aSignalThatCameBeforeDrainsAtOnce() async throws {
        let signals = TerminationSignals()
        signals.receive(.sigterm)
        try await runServices(
            [Worker(name: "log", journal: journal, health: health, started: Gate())], settings: Settings.load(environment: [:]),
            health: health,
            signals: signals, logger: logger)
        #expect(journal.all == ["log after draining"])
    }

    @Test func whatIsLeftAtTheDeadlineIsCancelled() async throws {
        let gate = Gate()
        let group = makeServiceGroup(
            [Stubborn(started: gate, journal: journal)], shutdownDeadline: .milliseconds(1), health: health, logger: logger)
        async let run: Void = group.run()
        await gate.pass()
        await group.triggerGracefulShutdown()
        try? await run
        #expect(journal.all == ["cancelled"])
        #expect(health.isDraining)
    }
}
