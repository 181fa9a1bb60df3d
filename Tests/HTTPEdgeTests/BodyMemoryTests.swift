import Metrics
import Synchronization
import Testing

@testable import HTTPEdge

/// The memory that bodies share.
@Suite(.timeLimit(.minutes(1))) struct BodyMemoryTests {
    @Test func sharesAreTakenInTurn() {
        var shares = BodyShares(capacity: 4_000_000)
        let large = (0..<4).map { _ in shares.ask(1_000_000) }
        // A quarter is for small ones.
        #expect(large.map(\.isTaken) == [true, true, true, false])
        let small = (0..<20).map { _ in shares.ask(60_000) }
        #expect(small.map(\.isTaken) == Array(repeating: true, count: 16) + Array(repeating: false, count: 4))
        #expect(shares.inUse == 3_960_000)
        // Small ones go first; and the large one has to wait for a place of its size.
        #expect(shares.giveBack(small[0].share) == [small[16].share])
        #expect(shares.giveBack(large[0].share) == small[17...].map(\.share))
        #expect(shares.giveBack(large[1].share) == [large[3].share])
        // One that waits gives up.
        let late = (0..<2).map { _ in shares.ask(1_500_000) }
        #expect(late.map(\.isTaken) == [false, false])
        #expect(shares.giveBack(late[0].share) == [])
        #expect(shares.giveBack(large[2].share) == [late[1].share])
        for share in large.map(\.share) + small.map(\.share) + late.map(\.share) { _ = shares.giveBack(share) }
        #expect(shares.inUse == 0)
        #expect(shares.ask(9_000_000).isTaken)
    }

    /// Commands that stand still until they are let go.
    private final class Held: Sendable {
        private let arrivals = AsyncStream.makeStream(of: Void.self)
        private let release = AsyncStream.makeStream(of: Void.self)

        var before: @Sendable () async -> Void {
            { [self] in
                arrivals.continuation.yield()
                for await _ in release.stream { break }
            }
        }

        func arrive(_ count: Int) async {
            var arrived = 0
            for await _ in arrivals.stream {
                arrived += 1
                if arrived == count { return }
            }
        }

        func letGo(_ count: Int) { for _ in 0..<count { release.continuation.yield() } }
    }

    private static let large = "{\"owner\":\"" + String(repeating: "x", count: 90_000) + "\"}"

    private func edge(_ held: Held, patience: Duration) -> Edge {
        var edge = Edge(commands: InMemoryCommands(before: held.before))
        edge.configuration.maximumBodyBytes = 100_000
        edge.configuration.bodyMemory = 0  // so one large body at a time
        edge.configuration.bodyPatience = patience
        return edge
    }

    @Test func aBodyWaitsForItsShareUntilAnotherCommandIsAnswered() async throws {
        let held = Held()
        let edge = edge(held, patience: .seconds(60))
        let statuses = try await edge.running { port, _ in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for key in 0..<3 {
                    group.addTask {
                        try await RawConversation.run(port: port) { connection in
                            try await connection.send(
                                RawRequest.open("\(key)", "Expect: 100-continue", body: "", length: Self.large.utf8.count))
                            #expect(try await connection.answer().status == 100)
                            try await connection.send(Self.large)
                            return try await connection.answer().status
                        }
                    }
                }
                // Each is let go when it has come, and only then the next one comes.
                for _ in 0..<3 {
                    await held.arrive(1)
                    #expect(edge.commands.received.count <= 3)
                    held.letGo(1)
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(statuses == [201, 201, 201])
    }

    @Test func aBodyThatFindsNoMemoryIsRefusedUnreadAndSmallOnesAreTaken() async throws {
        let held = Held()
        let edge = edge(held, patience: .milliseconds(100))
        try await edge.running { port, _ in
            async let first = RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.open("1", body: Self.large))
                return try await connection.answer().status
            }
            await held.arrive(1)
            try await RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.open("2", "Expect: 100-continue", body: "", length: Self.large.utf8.count))
                let answer = try await connection.answer()
                #expect(answer.status == 429)
                #expect(answer.problem == "overloaded")
                #expect(answer.header("Retry-After") == "1")
                #expect(answer.header("Connection") == "close")
                #expect(try await connection.rest() == "")
            }
            async let small = RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.open("3"))
                return try await connection.answer().status
            }
            await held.arrive(1)
            held.letGo(2)
            #expect(try await first == 201)
            #expect(try await small == 201)
        }
        #expect(edge.commands.received.count == 2)
    }
}
