import EventLog
import Foundation
import HighwaterTesting
import KafkaLog
import Testing

@Suite(.serialized) struct KafkaLogConformanceTests {
    private static let cluster = Result { try MockCluster() }

    @Test(.timeLimit(.minutes(5)), arguments: EventLogConformance.laws)
    func keepsOnTheMockCluster(_ law: EventLogLaw) async throws {
        let cluster = try Self.cluster.get()
        try await law.check(
            // The mock keeps 5 MB a partition.
            EventLogHarness(
                largeRecordBytes: 1 << 20,
                open: { try cluster.openLog() },
                reopen: { log in
                    await (log as? KafkaLog)?.close()
                    return try cluster.openLog()
                },
                close: { await ($0 as? KafkaLog)?.close() }))
    }

    private static let servers = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP_SERVERS"].map {
        $0.split(separator: ",").map(String.init)
    }

    /// Topics of their own in each run; they stay behind.
    private static let prefix = "highwater-conformance-\(UInt32.random(in: 0 ... .max))"

    @Test(
        .enabled(if: servers != nil, "set KAFKA_BOOTSTRAP_SERVERS to run the laws against a Kafka cluster"), .timeLimit(.minutes(5)),
        arguments: EventLogConformance.laws)
    func keepsOnKafka(_ law: EventLogLaw) async throws {
        let servers = try #require(Self.servers)
        let open: @Sendable () throws -> KafkaLog = { try KafkaLog(brokers: servers, clientID: "conformance", logger: .quiet) }
        try await law.check(
            EventLogHarness(
                topicPrefix: Self.prefix,
                largeRecordBytes: 900_000,  // what a broker takes by default
                open: open,
                reopen: { log in
                    await (log as? KafkaLog)?.close()
                    return try open()
                },
                close: { await ($0 as? KafkaLog)?.close() }))
    }
}
