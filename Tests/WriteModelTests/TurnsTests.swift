import Synchronization
import Testing

@testable import WriteModel

/// A value that several tasks change: closures that are sent elsewhere cannot take a `Mutex` along.
private final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { value.withLock { body(&$0) } }
}

@Suite struct TurnsTests {
    private final class Shared<Value: Sendable>: Sendable {
        let state: Mutex<Value>

        init(_ value: Value) { state = Mutex(value) }
    }

    @Test func noMoreThanTheLimitWorkAtOnce() async throws {
        let turns = Turns(2)
        let working = Shared((now: 0, most: 0, done: 0))
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    try await turns.take()
                    working.state.withLock {
                        $0.now += 1
                        $0.most = max($0.most, $0.now)
                    }
                    await Task.yield()
                    working.state.withLock {
                        $0.now -= 1
                        $0.done += 1
                    }
                    turns.giveBack()
                }
            }
            try await group.waitForAll()
        }
        #expect(working.state.withLock { $0.most <= 2 && $0.done == 20 })
    }

    @Test func theLowestRankIsNext() async throws {
        let turns = Turns(1)
        try await turns.take()
        let order = Shared<[Int]>([])
        try await withThrowingTaskGroup { group in
            for rank in [3, 1, 2] {
                group.addTask {
                    try await turns.take(rank: rank)
                    order.state.withLock { $0.append(rank) }
                    turns.giveBack()
                }
            }
            while turns.waiting < 3 { await Task.yield() }
            turns.giveBack()
            try await group.waitForAll()
        }
        #expect(order.state.withLock { $0 } == [1, 2, 3])
    }

    @Test func whatIsCancelledTakesNoTurn() async throws {
        let turns = Turns(1)
        try await turns.take()
        let cancelled = Task { try await turns.take() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let next = Task { try await turns.take() }
        turns.giveBack()
        try await next.value
        turns.giveBack()
        try await turns.take()
    }
}
