import EventLog
import Testing

@testable import SQLiteLog

/// The moments between looking for records and waiting for them.
@Suite struct ArrivalsTests {
    private let arrivals = Arrivals()
    private let key = PartitionKey(number: 3)

    @Test(.timeLimit(.minutes(5))) func anEndAnnouncedBeforeTheWaitEndsIt() async throws {
        let token = arrivals.token
        arrivals.announce([key: Offset(5)])
        try await arrivals.wait(for: key, at: Offset(4), since: token)
    }

    @Test(.timeLimit(.minutes(5))) func aDisturbanceBeforeTheWaitEndsIt() async throws {
        let token = arrivals.token
        #expect(arrivals.disturb().isEmpty)
        try await arrivals.wait(for: key, at: Offset(4), since: token)
    }

    @Test(.timeLimit(.minutes(5))) func aClosedOneEndsEveryWait() async throws {
        arrivals.close(with: LogError(.closed, "closed"))
        await #expect(throws: LogError(.closed, "")) { try await arrivals.wait(for: key, at: .zero, since: arrivals.token) }
    }

    @Test(.timeLimit(.minutes(5))) func aCancelledTaskDoesNotWait() async throws {
        let waiting = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await arrivals.wait(for: key, at: .zero, since: arrivals.token)
        }
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(arrivals.disturb().isEmpty)
    }

    /// Announcements that come while the wait begins, in every order that the scheduler makes.
    @Test(.timeLimit(.minutes(5))) func noAnnouncementIsMissed() async throws {
        for round in 0..<500 {
            let token = arrivals.token
            async let waiting: Void = arrivals.wait(for: key, at: Offset(Int64(round)), since: token)
            for _ in 0..<(round % 4) { await Task.yield() }
            arrivals.announce([key: Offset(Int64(round))])  // not yet
            arrivals.announce([PartitionKey(number: 4): Offset(1000)])  // not here
            arrivals.announce([key: Offset(Int64(round + 1))])
            try await waiting
        }
        #expect(arrivals.disturb().isEmpty)
    }
}
