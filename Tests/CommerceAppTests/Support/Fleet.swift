import Foundation
import Testing

/// Several `serve` and `project` processes on one Kafka, with one read model that the `project` processes share and every `serve` reads.
final class Fleet: Sendable {
    let commerce: Installation
    let cluster: KafkaCluster
    let partitions: Int
    /// After which a group's member that is not heard of is out.
    let sessionTimeout: Duration
    let serving: [FleetInstance]
    let projecting: [FleetInstance]

    var instances: [FleetInstance] { serving + projecting }
    var urls: [String] { serving.map(\.url) }

    private init(_ cluster: KafkaCluster, serve: Int, project: Int, partitions: Int, _ settings: [String: String]) throws {
        sessionTimeout = cluster.shortestSession
        let sessionTimeout = Int(sessionTimeout.milliseconds)
        commerce = try Installation(
            [
                "HIGHWATER_LOG": "kafka://\(cluster.bootstrap)", "HIGHWATER_PARTITIONS": "\(partitions)",
                "HIGHWATER_KAFKA_SESSION_TIMEOUT_MS": "\(sessionTimeout)",
                "HIGHWATER_KAFKA_HEARTBEAT_INTERVAL_MS": "\(sessionTimeout / 6)",
            ].merging(settings) { $1 })
        self.cluster = cluster
        self.partitions = partitions
        let commerce = commerce
        serving = try (1...serve).map { try FleetInstance(.serve, $0, of: commerce) }
        projecting = try (1...project).map { try FleetInstance(.project, $0, of: commerce) }
    }

    /// Runs `body` with a fleet that is ready, and kills it afterwards.
    static func with(
        _ target: KafkaTarget, serve: Int = 2, project: Int = 2, partitions: Int = 8, _ settings: [String: String] = [:],
        _ body: (Fleet) async throws -> Void
    ) async throws {
        try await KafkaCluster.with(target) { cluster in
            try await TestDatabase.with { database in
                let readModel = database.map { ["HIGHWATER_READ_MODEL": $0] } ?? [:]
                let fleet = try Fleet(cluster, serve: serve, project: project, partitions: partitions, readModel.merging(settings) { $1 })
                try await withTaskCancellationHandler {
                    do {
                        try await cluster.makeTopics(fleet.commerce, partitions: partitions)
                        try await fleet.start()
                        try await body(fleet)
                    } catch {
                        await fleet.kill()
                        fleet.keepLogs()
                        throw error
                    }
                    await fleet.kill()
                    fleet.keepLogs()
                } onCancel: {
                    for instance in fleet.instances { instance.signal(SIGKILL) }
                }
            }
        }
    }

    private func start() async throws {
        for instance in instances { try instance.start() }
        for instance in instances { try await instance.waitUntilReady() }
        try await waitForOwners()
    }

    private func kill() async {
        for instance in instances where instance.isRunning {
            instance.signal(SIGKILL)
            _ = await instance.process?.wait()
        }
    }

    /// What went wrong is seldom seen from the outside: into the folder that `TEST_LOGS` names, if one.
    private func keepLogs() {
        guard let folder = ProcessInfo.processInfo.environment["TEST_LOGS"] else { return }
        for instance in instances {
            try? instance.log.write(toFile: "\(folder)/\(commerce.folder.suffix(8))-\(instance).log", atomically: true, encoding: .utf8)
        }
    }

    // MARK: Owners

    /// Each partition's owner by the log, which knows the last claim; nil where that is of no instance's present process.
    func owners() async throws -> [Int: FleetInstance] {
        let status = try await commerce.run("status", "--json")
        // No expectation, which would fail the test of those who ask again.
        guard status.status == 0 else { throw Installation.CommandFailure("status", status) }
        var owners: [Int: FleetInstance] = [:]
        for partition in try JSON(status.text)["partitions"].elements {
            // An instance is named by its host, process and a random number.
            let process = partition["owner"].text?.split(separator: "/").dropFirst().first.flatMap { Int32($0) }
            if let number = partition["partition"].integer, let owner = serving.first(where: { $0.process?.processID == process }) {
                owners[number] = owner
            }
        }
        return owners
    }

    /// Returns once every partition belongs to a process that runs.
    ///
    /// - Parameter absent: a process that runs, and that is to own none.
    @discardableResult func waitForOwners(
        without absent: FleetInstance? = nil, of partitions: Set<Int>? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [Int: FleetInstance] {
        let wanted = partitions ?? Set(0..<self.partitions)
        var owners: [Int: FleetInstance] = [:]
        try await eventually("every partition has an owner", pause: .milliseconds(250), sourceLocation: sourceLocation) {
            owners = try await self.owners()
            return wanted.allSatisfy { owners[$0].map { $0 !== absent && $0.isRunning } ?? false }
        }
        return owners
    }

    func waitUntilBothOwn() async throws {
        try await eventually("both own some", pause: .milliseconds(250)) {
            Set(try await owners().values.map(\.number)) == [1, 2]
        }
    }

    /// The instance that owns the most, with what it owns.
    func busiest() async throws -> (instance: FleetInstance, partitions: Set<Int>) {
        let owners = try await waitForOwners()
        let byInstance = Dictionary(grouping: owners.keys) { owners[$0]?.number ?? 0 }
        let (number, partitions) = try #require(byInstance.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) })
        return (serving[number - 1], Set(partitions))
    }
}
