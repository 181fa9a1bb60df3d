import Synchronization
import Testing

@testable import WriteModel

@Suite struct TurnsTests {
    @Test func noMoreThanTheLimitWorkAtOnce() async throws {
        let turns = Turns(2)
        let working = Mutex((now: 0, most: 0, done: 0))
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    try await turns.take()
                    working.withLock {
                        $0.now += 1
                        $0.most = max($0.most, $0.now)
                    }
                    await Task.yield()
                    working.withLock {
                        $0.now -= 1
                        $0.done += 1
                    }
                    turns.giveBack()
                }
            }
            try await group.waitForAll()
        }
        #expect(working.withLock { $0.most <= 2 && $0.done == 20 })
    }

    @Test func theLowestRankIsNext() async throws {
        let turns = Turns(1)
        try await turns.take()
        let order = Mutex<[Int]>([])
        try await withThrowingTaskGroup { group in
            for rank in [3, 1, 2] {
                group.addTask {
                    try await turns.take(rank: rank)
                    order.withLock { $0.append(rank) }
                    turns.giveBack()
                }
            }
            while turns.waiting < 3 { await Task.yield() }
            turns.giveBack()
            try await group.waitForAll()
        }
        #expect(order.withLock { $0 } == [1, 2, 3])
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
