import EventLog
import EventModel
import Foundation
import HighwaterTesting
import ReadModel
import Testing

@testable import PostgresReadModel

/// Connections by TLS, as the connection string asks for them.
@Suite(.enabled(if: ScratchDatabase.server != nil, "\(ScratchDatabase.isSkipped)"), .timeLimit(.minutes(5)))
struct TLSTests {
    private static let hasOpenSSL = ["/usr/bin/openssl", "/opt/homebrew/bin/openssl", "/usr/local/bin/openssl"]
        .contains { FileManager.default.isExecutableFile(atPath: $0) }

    /// The server at `url` by the name that its certificate is for.
    private func url(_ url: String, _ options: [String: String]) -> String {
        var url = URLComponents(string: url) ?? URLComponents()
        url.host = "localhost"
        url.queryItems = (options.merging(["hostaddr": "127.0.0.1"]) { mine, _ in mine }).map {
            URLQueryItem(name: $0.key, value: $0.value)
        }
        return url.string ?? ""
    }

    /// Patience would be in vain.
    private func failure(_ url: String) async -> ReadModelError? {
        await #expect(throws: ReadModelError.self) {
            _ = try await PostgresReadModelStore.open(
                connectionString: url, options: .init(patience: .seconds(600)), logger: ScratchDatabase.logger)
        }
    }

    @Test(.enabled(if: hasOpenSSL, "there is no openssl to make certificates with; scripts/setup --tests installs it"))
    func theServersCertificateIsVerified() async throws {
        try await withScratchServer("--tls") { server, plain in
            let root = server.folder + "/root.crt"
            let verified = url(plain, ["sslmode": "verify-full", "sslrootcert": root])
            try await works(verified)

            // The certificate of another server.
            try await withScratchServer("--tls") { other, _ in
                let wrong = await failure(url(plain, ["sslmode": "verify-full", "sslrootcert": other.folder + "/root.crt"]))
                #expect(wrong?.code == .refused && wrong?.message.contains("sslrootcert") == true, "\(String(describing: wrong))")
                #expect(wrong?.message.contains("certificate verify failed") == true, "\(String(describing: wrong))")
            }
            let missing = await failure(url(plain, ["sslmode": "verify-full", "sslrootcert": root + ".none"]))
            #expect(
                missing?.message.contains("sslrootcert") == true && missing?.message.contains("root.crt.none") == true,
                "\(String(describing: missing))")
            // Under another name than the certificate's.
            let name = await failure(url(plain, ["host": "127.0.0.1", "sslmode": "verify-full", "sslrootcert": root]))
            #expect(name?.message.contains("sslmode") == true && name?.message.contains("127.0.0.1") == true, "\(String(describing: name))")
            try await works(url(plain, ["host": "127.0.0.1", "sslmode": "verify-ca", "sslrootcert": root]))
        }
    }

    /// All that is done with a connection, over TLS.
    private func works(_ url: String) async throws {
        let (version, sum) = try await ScratchDatabase.connected(to: url) { session in
            let version = try session.run("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl").text(0, 0)
            let text = String(repeating: "x", count: 1_000_000)
            let results = try session.run((0..<10).map { _ in Statement("SELECT $1 || $1", [.text(text)]) })
            return (version, results.reduce(0) { $0 + $1.text(0, 0).utf8.count })
        }
        #expect(version.hasPrefix("TLS") && sum == 20_000_000)
        let recorder = NoticeRecorder()
        let store = try await PostgresReadModelStore.open(
            connectionString: url, options: .init(connections: 2, schema: "s" + UUID().uuidString), logger: recorder.logger)
        let generation = try await store.createGeneration(
            SampleLedger.accounts.schema, topic: "ledger", partitions: 1,
            purpose: .rebuild(builder: "b", lease: .seconds(1800)))
        let rows = (0..<10_000).map { number in
            PartitionRow(
                partition: Partition(0), row: PartitionWrite.deposit(key: String(100_000 + number), from: -1, to: 0).upserts[0])
        }
        #expect(try await store.load(RowList(rows), moving: [PartitionWrite.deposit(key: "", from: -1, to: 5).move], into: generation))
        #expect(try await store.apply([.deposit(key: "a", from: 5, to: 6)], to: generation))
        let read = try await store.withSnapshot(of: generation) { try await $0.rows(after: nil, limit: 20_000) }
        #expect(read.count == 10_001)
        let sleeper = Task {
            try await store.perform("sleep") { session, _ in
                try session.script("DO $$ BEGIN RAISE NOTICE 'asleep'; PERFORM pg_sleep(600); END $$")
            }
        }
        await recorder.wait(for: "asleep")
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        await store.close()
    }

    /// A part of a record can stay in OpenSSL, where `poll(2)` does not see it: an answer a little shorter than so many records.
    @Test(.enabled(if: hasOpenSSL, "there is no openssl to make certificates with; scripts/setup --tests installs it"))
    func answersInLargeRecordsComeToTheirEnd() async throws {
        try await withScratchServer("--tls") { server, plain in
            let proxy = try await TLSProxy(
                to: URLComponents(string: plain)?.port ?? 0, certificate: server.folder + "/root.crt",
                key: server.folder + "/data/server.key")
            var proxied = try #require(URLComponents(string: plain))
            proxied.port = proxy.port
            proxied.queryItems = [URLQueryItem(name: "sslmode", value: "require")]
            let counts = try await ScratchDatabase.connected(to: proxied.string ?? "") { session in
                try stride(from: 0 as Int32, to: 1000, by: 20).map { length in
                    try session.checkCancellation()
                    return try session.run(
                        "SELECT repeat('x', 60) FROM generate_series(1, 1835) UNION ALL SELECT repeat('x', $1)", [.integer(length)]
                    ).count
                }
            }
            #expect(counts.allSatisfy { $0 == 1836 })
            proxy.stop()
        }
    }

    @Test func aServerWithoutTLSIsRefusedWhereItIsRequired() async throws {
        try await withScratchServer { _, plain in
            let error = await failure(url(plain, ["sslmode": "require"]))
            #expect(error?.code == .refused && error?.message.contains("sslmode") == true, "\(String(describing: error))")
            #expect(error?.message.contains("does not support SSL") == true, "\(String(describing: error))")
            let mode = await failure(url(plain, ["sslmode": "requires"]))
            #expect(mode?.message.contains("sslmode") == true, "\(String(describing: mode))")
        }
    }
}
