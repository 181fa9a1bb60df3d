import Foundation
import Testing

/// What a fleet of processes is tested on.
enum KafkaTarget: Sendable, CustomTestStringConvertible {
    case mock
    /// The real broker that `KAFKA_BOOTSTRAP_SERVERS` names.
    case broker(String)

    static let realBroker: String? = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP_SERVERS"].flatMap { $0.isEmpty ? nil : $0 }
    static let isWithoutBroker: Comment = "KAFKA_BOOTSTRAP_SERVERS names no broker"

    static var all: [KafkaTarget] { [.mock] + (realBroker.map { [.broker($0)] } ?? []) }

    var testDescription: String {
        switch self {
        case .mock: "mock cluster"
        case .broker(let servers): servers
        }
    }
}

/// A Kafka cluster with Commerce's topics, for one test.
enum KafkaCluster: Sendable {
    case mock(MockCluster)
    case real(RealBroker)

    var bootstrap: String {
        switch self {
        case .mock(let cluster): cluster.bootstrap
        case .real(let broker): broker.bootstrap
        }
    }

    /// The session timeout that groups have here: what a broker allows at the least, and less on the mock, whose every rebalance but a group's
    /// first takes a second less than it.
    var shortestSession: Duration {
        switch self {
        case .mock: .seconds(3)
        case .real: .seconds(6)
        }
    }

    /// Runs `body` on a cluster that has none of Commerce's topics; those that it makes are deleted afterwards.
    static func with<Result>(_ target: KafkaTarget, _ body: (KafkaCluster) async throws -> Result) async throws -> Result {
        switch target {
        case .mock:
            return try await body(.mock(try await MockCluster()))
        case .broker(let bootstrap):
            let broker = RealBroker(bootstrap)
            let found = Set(try await broker.topics()).intersection(RealBroker.ours)
            try #require(
                found.isEmpty,
                "\(bootstrap) has \(found.sorted()) already: these tests make and delete them, and spare what they did not make")
            do {
                let result = try await body(.real(broker))
                try await broker.delete(RealBroker.ours)
                return result
            } catch {
                try? await broker.delete(RealBroker.ours)
                throw error
            }
        }
    }

    /// Makes Commerce's topics, by the command line where the cluster can make topics.
    func makeTopics(_ commerce: Installation, partitions: Int) async throws {
        switch self {
        case .mock(let cluster):
            try await cluster.makeTopic("ordering", partitions: partitions)
            try await cluster.makeTopic("ordering.owners", partitions: 1)
        case .real:
            let made = try await commerce.run("topics", "create", "--partitions", "\(partitions)")
            try #require(made.status == 0, "\(made.text)\(made.errors)")
        }
    }
}
