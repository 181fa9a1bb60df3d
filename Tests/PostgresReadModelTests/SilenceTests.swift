import EventLog
import EventModel
import Foundation
import HighwaterTesting
import ReadModel
import Testing

@testable import PostgresReadModel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Servers that keep their connections and say nothing: frozen, or behind a network that swallows what is sent.
@Suite(.enabled(if: ScratchDatabase.server != nil, "\(ScratchDatabase.isSkipped)"), .timeLimit(.minutes(5)))
struct SilenceTests {
    private static let hasty = PostgresReadModelStore.Options(
        connections: 3, patience: .milliseconds(300), step: .milliseconds(500), suspicion: .milliseconds(200))

    private func failure(_ body: () async throws -> Void) async -> ReadModelError? {
        await #expect(throws: ReadModelError.self) { try await body() }
    }

    /// Waits until the store says so by itself.
    private func wait(until isReachable: Bool, _ store: PostgresReadModelStore) async {
        while true {
            let availability = await store.availability(within: .milliseconds(200))
            if (availability == .reachable) == isReachable { return }
            await Task.yield()
        }
    }

    /// What a caller waits for is bounded by the caller's deadline; those that come when the silence is known do not wait at all, and those
    /// that come afterwards are served.
    @Test func aQueryIsAnsweredInTimeThoughTheServerIsSilent() async throws {
        try await withScratchDatabase { database in
            let proxy = try LosingProxy(to: database.url)
            let store = try await PostgresReadModelStore.open(
                connectionString: proxy.url, options: Self.hasty, logger: ScratchDatabase.logger)
            let system = try await SampleSystem(store)
            try await system.prepare(SampleLedger.accounts)
            func queries(answering: Duration) -> ReadModelQueries {
                ReadModelQueries([SampleLedger.accounts], store: store, signal: AppliedSignal(), answering: answering)
            }
            _ = try await queries(answering: .seconds(60)).row(of: "accounts", key: "1")
            #expect(await store.availability(within: .seconds(60)) == .reachable)

            proxy.silence()
            let late = await failure { _ = try await queries(answering: .milliseconds(300)).row(of: "accounts", key: "1", timeout: .zero) }
            #expect(late?.code == .unavailable, "\(String(describing: late))")
            // Until the silence has lasted, queries are tried and wait; then they are refused.
            while let tried = await failure({ _ = try await queries(answering: .seconds(600)).rows(of: "accounts") }),
                !tried.message.contains("has not answered since")
            { #expect(tried.code == .unavailable, "\(tried)") }
            // Ten minutes would be allowed, and the test has five.
            let before = proxy.connections
            for _ in 0..<100 {
                let refused = await failure { _ = try await queries(answering: .seconds(600)).rows(of: "accounts") }
                #expect(
                    refused?.code == .unavailable && refused?.message.contains("has not answered since") == true,
                    "\(String(describing: refused))")
            }
            #expect(proxy.connections - before <= 1, "queries pile up connections")
            guard case .unreachable(_, let reason) = await store.availability(within: .seconds(600)) else {
                Issue.record("it is reachable")
                return
            }
            #expect(!reason.isEmpty)

            proxy.silence(false)
            await wait(until: true, store)
            _ = try await queries(answering: .seconds(60)).row(of: "accounts", key: "1")
            await store.close()
            proxy.stop()
        }
    }

    /// A batch has a deadline as well, and one that is written again takes effect once.
    @Test func aBatchIsGivenUpInTimeAndTakesEffectOnce() async throws {
        try await withScratchDatabase { database in
            let proxy = try LosingProxy(to: database.url)
            let store = try await PostgresReadModelStore.open(
                connectionString: proxy.url, options: Self.hasty, logger: ScratchDatabase.logger)
            let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            #expect(try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live))
            proxy.silence()
            let error = await failure { _ = try await store.apply([.deposit(key: "b", from: 5, to: 9)], to: live) }
            #expect(error?.code == .unavailable && error?.isRetriable == true, "\(String(describing: error))")
            proxy.silence(false)
            await wait(until: true, store)
            // What was sent may arrive after all, and then this one finds that it is not the first.
            let isSecond = try await store.apply([.deposit(key: "b", from: 5, to: 9)], to: live)
            #expect(try await store.positions(of: live)[Partition(0)]?.offset == Offset(9), "\(isSecond)")
            #expect(try await store.rows(of: "accounts", matching: RowQuery()).value.map(\.key) == ["a", "b"])
            await store.close()
            proxy.stop()
        }
    }

    /// Its listener's queue and its kernel go on taking what is sent.
    @Test func aFrozenServerHoldsNobodyUp() async throws {
        try await withScratchServer { server, url in
            let store = try await PostgresReadModelStore.open(
                connectionString: url, options: Self.hasty, logger: ScratchDatabase.logger)
            let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            let processes = try await server.processes()
            for process in processes { kill(process, SIGSTOP) }
            let batch = await failure { _ = try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live) }
            #expect(batch?.code == .unavailable, "\(String(describing: batch))")
            await wait(until: false, store)
            let query = await failure { _ = try await store.row(of: "accounts", key: "a") }
            #expect(query?.code == .unavailable, "\(String(describing: query))")
            for process in processes { kill(process, SIGCONT) }
            await wait(until: true, store)
            _ = try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live)
            #expect(try await store.rows(of: "accounts", matching: RowQuery()).value.map(\.key) == ["a"])
            await store.close()
        }
    }

    /// One session that stands still is no server that stands still.
    @Test func aFrozenSessionCostsOneQuery() async throws {
        try await withScratchServer { server, url in
            let store = try await PostgresReadModelStore.open(
                connectionString: url, options: .init(connections: 2, step: .milliseconds(500)), logger: ScratchDatabase.logger)
            _ = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            let session = try await store.perform("look") { session, _ in session.processID }
            kill(session, SIGSTOP)
            let frozen = await failure { _ = try await store.row(of: "accounts", key: "a") }
            #expect(
                frozen?.code == .unavailable && frozen?.message.contains("did not answer within") == true, "\(String(describing: frozen))")
            #expect(try await store.row(of: "accounts", key: "a").value == nil)
            #expect(await store.availability(within: .seconds(60)) == .reachable)
            kill(session, SIGCONT)
            await store.close()
        }
    }

    /// A connection that has long been idle may have died without a word.
    @Test func anIdleConnectionIsAskedForASignOfLife() async throws {
        let proxy = try LosingProxy(to: ScratchDatabase.server ?? "")
        let settings = try ConnectionSettings(connectionString: proxy.url, applicationName: "test")
        let pool = ConnectionPool(
            settings, .init(size: 1, patience: .seconds(600), freshness: .zero, ping: .milliseconds(100)), environment: .system,
            logger: ScratchDatabase.logger)
        let number = { @Sendable (connection: PostgresConnection) in try await connection.run { try $0.run("SELECT 7").number(0, 0) } }
        #expect(try await pool.withConnection(number) == 7)
        #expect(try await pool.withConnection(number) == 7)
        #expect(proxy.connections == 1)
        proxy.silence()
        let waiting = Task { try await pool.withConnection(number) }
        // The old one is given up, and a new one is tried.
        while proxy.connections < 2 { await Task.yield() }
        proxy.silence(false)
        #expect(try await waiting.value == 7)
        pool.close()
        proxy.stop()
    }

    /// `PQcancel` blocks where nobody answers: its callers do not.
    @Test func cancellingWaitsForNobody() async throws {
        try await withScratchDatabase { database in
            let proxy = try LosingProxy(to: database.url)
            let pool = ConnectionPool(
                try ConnectionSettings(connectionString: proxy.url, applicationName: "test"), .init(size: 40, patience: .seconds(600)),
                environment: .system, logger: ScratchDatabase.logger)
            let connections = AsyncStream<Void>.makeStream()
            let sleepers = (0..<40).map { _ in
                Task {
                    try await pool.withConnection { connection in
                        try await connection.run { session in
                            connections.continuation.yield()
                            try session.script("SELECT pg_sleep(600)")
                        }
                    }
                }
            }
            var count = 0
            for await _ in connections.stream {
                count += 1
                if count == sleepers.count { break }
            }
            proxy.silence()
            for sleeper in sleepers { sleeper.cancel() }
            for sleeper in sleepers { await #expect(throws: CancellationError.self) { try await sleeper.value } }
            pool.close()
            proxy.stop()
        }
    }
}

/// What is concluded from the signs of life, by themselves.
struct ServerHealthTests {
    private let time = Timestamp(microseconds: 1_000_000)

    @Test func troubleThatLastsIsUnreachableAndAnyAnswerEndsIt() {
        var health = ServerHealth(suspicion: .seconds(2))
        #expect(health.refusal(at: .seconds(100)) == nil)
        let isFirst = health.fail("first", begun: .seconds(9), at: .seconds(10), time)
        #expect(isFirst)
        let isSecond = health.fail("second", begun: .seconds(9), at: .seconds(11), Timestamp(microseconds: 2_000_000))
        #expect(!isSecond)
        #expect(health.refusal(at: .milliseconds(11_999)) == nil)
        let refusal = health.refusal(at: .seconds(12))
        #expect(refusal?.since == time && refusal?.reason == "second")
        health.hear(at: .seconds(13))
        #expect(health.refusal(at: .seconds(20)) == nil && health.trouble == nil)
    }

    /// A slow statement says nothing against a server that has answered others meanwhile.
    @Test func aServerThatAnsweredSinceIsWell() {
        var health = ServerHealth(suspicion: .seconds(2))
        health.hear(at: .seconds(5))
        let isSlow = health.fail("slow", begun: .seconds(4), at: .seconds(34), time)
        #expect(!isSlow)
        #expect(health.trouble == nil)
        let isSilent = health.fail("silent", begun: .seconds(6), at: .seconds(36), time)
        #expect(isSilent)
    }
}
