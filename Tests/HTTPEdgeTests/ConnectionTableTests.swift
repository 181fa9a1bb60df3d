import Metrics
import NIOCore
import Synchronization
import Testing

@testable import HTTPEdge

/// How many connections there may be.
@Suite(.timeLimit(.minutes(1))) struct ConnectionTableTests {
    private final class Time: Sendable {
        let seconds = Mutex(Int64(100))
        func pass(_ count: Int64) { seconds.withLock { $0 += count } }
        var now: @Sendable () -> NIODeadline { { [self] in .uptimeNanoseconds(0) + .seconds(seconds.withLock { $0 }) } }
    }

    private let time = Time()

    private func table(_ limit: Int?, spare: Int) -> ConnectionTable {
        ConnectionTable(limit: limit, spare: spare, metrics: NOOPMetricsHandler.instance, now: time.now)
    }

    @Test func withoutALimitThereIsRoomForAll() throws {
        let table = table(nil, spare: 0)
        for _ in 0..<10_000 { #expect(table.serves(try #require(table.admit()))) }
    }

    @Test func busyConnectionsAreKeptAndWhatComesBeyondThemIsNotServed() throws {
        let table = table(2, spare: 1)
        let entries = try (0..<3).map { _ in try #require(table.admit()) }
        for entry in entries { entry.beBusy() }
        time.pass(10)
        #expect(entries.map { table.serves($0) } == [true, true, false])
        #expect(table.admit() == nil)
        table.remove(entries[0])
        #expect(table.serves(entries[2]))
        #expect(!table.serves(try #require(table.admit())))
    }

    @Test func aNewcomerTakesThePlaceOfTheOneThatIsIdleForLongest() throws {
        let table = table(3, spare: 2)
        let evicted = Mutex<[Int]>([])
        let entries = try (0..<3).map { number in
            let entry = try #require(table.admit())
            entry.onEviction { evicted.withLock { $0.append(number) } }
            time.pass(1)
            return entry
        }
        entries[0].beIdle(time.now())
        let newcomer = try #require(table.admit())
        #expect(evicted.withLock { $0 } == [1])
        #expect(table.serves(newcomer))
        // None has been without a request for a second now.
        entries[2].beBusy()
        let spare = try #require(table.admit())
        #expect(!table.serves(spare))
        // There are as many connections as there may be until the first has gone.
        #expect(table.admit() == nil)
        table.remove(entries[1])
        for entry in [newcomer, spare] { entry.beBusy() }
        time.pass(2)
        #expect(table.admit() != nil)
        #expect(evicted.withLock { $0 } == [1, 0])
    }

    /// A flood of connections that send nothing: what comes a second later is served.
    @Test func aFloodOfIdleConnectionsKeepsNobodyOut() throws {
        let table = table(4, spare: 8)
        for _ in 0..<10 { #expect(table.admit() != nil) }
        #expect(table.admit() == nil)
        time.pass(2)
        let newcomers = try (0..<2).map { _ in try #require(table.admit()) }
        #expect(newcomers.map { table.serves($0) } == [true, true])
        // Until the connections that they displaced have gone.
        #expect(table.admit() == nil)
    }

    // MARK: Over sockets

    @Test func probesGetThroughAndOthersAreToldToComeLater() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (releases, release) = AsyncStream.makeStream(of: Void.self)
        var edge = Edge(
            commands: InMemoryCommands {
                arrived.yield()
                for await _ in releases {}
            })
        edge.configuration.maximumConnections = 2
        edge.configuration.spareConnections = 8
        try await edge.running { port, _ in
            async let held = withThrowingTaskGroup(of: Int.self) { group in
                for key in ["1", "2"] {
                    group.addTask {
                        try await RawConversation.run(port: port) { connection in
                            try await connection.send(RawRequest.open(key))
                            return try await connection.answer().status
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            var count = 0
            for await _ in arrivals {
                count += 1
                if count == 2 { break }
            }
            for (request, status) in [
                (RawRequest.get(), 200), (RawRequest.open("3"), 503), (RawRequest.get("/metrics"), 200),
                (RawRequest.open("4", "Expect: 100-continue", body: "", length: 15), 503),
            ] {
                try await RawConversation.run(port: port) { connection in
                    try await connection.send(request)
                    let answer = try await connection.answer()
                    #expect(answer.status == status)
                    #expect(answer.header("Connection") == "close")
                    #expect(status == 200 || answer.header("Retry-After") == "1")
                    #expect(status == 200 || answer.problem == "unavailable")
                    #expect(try await connection.rest() == "")
                }
            }
            release.finish()
            #expect(try await held == [201, 201])
        }
        #expect(edge.commands.received.count == 2)
    }
}
