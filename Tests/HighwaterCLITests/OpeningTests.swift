import EventModel
import HighwaterTesting
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import HighwaterCLI

@Suite struct OpeningTests {
    private struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// What is opened: away until a test says otherwise.
    private final class Outside: Sendable {
        private let state = Mutex((answer: Result<Int, Fault>.failure(Fault(description: "refused")), attempts: 0))

        var attempts: Int { state.withLock { $0.attempts } }

        func answer(_ answer: Result<Int, Fault>) { state.withLock { $0.answer = answer } }

        func attempt() throws -> Int {
            try state.withLock { state in
                state.attempts += 1
                return state.answer
            }.get()
        }
    }

    private let clock = ManualClock()
    private let outside = Outside()
    private let log = Lines()

    private func opening(_ fault: OpeningFault = .passing) -> Opening<Int> {
        Opening(
            "Kafka at a:9092", environment: clock.environment, logger: log.logger, judge: { _ in fault },
            attempt: { [outside] in try outside.attempt() })
    }

    @Test func opensAtOnceAndSaysNothing() async throws {
        outside.answer(.success(7))
        let opening = opening()
        #expect(opening.waiting == "waiting for Kafka at a:9092")
        #expect(try await opening.open() == 7)
        #expect(opening.value == 7 && opening.waiting == nil && opening.gate.isOpen)
        #expect(log.lines.isEmpty)
    }

    @Test func waitsForWhatIsAwayAndSaysForWhomOnce() async throws {
        let opening = opening()
        async let value = opening.open()
        for _ in 1...20 {
            await clock.sleepers(1)
            #expect(opening.waiting?.hasPrefix("waiting for Kafka at a:9092 since 2026-") == true)
            #expect(opening.waiting?.hasSuffix(": refused") == true)
            #expect(!opening.gate.isOpen && opening.value == nil)
            clock.advance(by: .seconds(5))
        }
        await clock.sleepers(1)
        #expect(outside.attempts == 21)
        // At the first fault, and a minute later.
        #expect(log.lines == Array(repeating: "warning waiting for Kafka at a:9092: refused", count: 2))
        outside.answer(.success(7))
        clock.advance(by: .seconds(5))
        #expect(try await value == 7)
        #expect(opening.gate.isOpen && opening.waiting == nil)
        #expect(log.lines.last == "notice reached Kafka at a:9092")
    }

    @Test func whatNoWaitingMendsEndsIt() async throws {
        outside.answer(.failure(Fault(description: "a wrong password")))
        let opening = opening(.lasting)
        let failure = await #expect(throws: Failure.self) { try await opening.run() }
        #expect(failure?.description == "a wrong password" && failure?.exitStatus == 1)
        #expect(outside.attempts == 1 && !opening.gate.isOpen)
    }

    /// It may be told to stop in a pause, or while an attempt blocks that heeds nothing.
    @Test(arguments: [false, true]) func aStopEndsTheWait(_ isBlocked: Bool) async throws {
        let begun = Gate()
        let opening = Opening<Int>(
            "Kafka at a:9092", environment: clock.environment, logger: log.logger, judge: { _ in .passing },
            attempt: { [outside] in
                begun.open()
                if isBlocked { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
                return try outside.attempt()
            })
        let services: [any Service] = [opening, Gated(Endless(), behind: opening.gate)]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                }, logger: log.logger))
        async let running: Void = group.run()
        await begun.wait()
        if !isBlocked { await clock.sleepers(1) }
        await group.triggerGracefulShutdown()
        try await running
        #expect(!opening.gate.isOpen)
    }

    /// Fails the test where it runs at all.
    private struct Endless: Service {
        func run() async throws {
            Issue.record("it ran before its gate was open")
            try await gracefulShutdown()
        }
    }
}

/// A log, line by line: level, message, reason.
private final class Lines: Sendable {
    private let recorded = Mutex<[String]>([])

    var lines: [String] { recorded.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(lines: self) }
        logger.logLevel = .notice
        return logger
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.notice
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let reason = event.metadata?["reason"].map { ": \($0)" } ?? ""
            lines.recorded.withLock { $0.append("\(event.level) \(event.message)\(reason)") }
        }
    }
}
