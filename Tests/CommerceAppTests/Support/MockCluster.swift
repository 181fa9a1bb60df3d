import Foundation
import Synchronization
import Testing

/// A Kafka cluster for tests: librdkafka's mock of one, held open by a process of its own and told by its standard input what to do.
///
/// It speaks Kafka's protocol over TCP and balances groups, keeps some megabytes a partition in memory, and can neither make topics nor
/// tell their settings when asked by a client.
final class MockCluster: Sendable {
    let bootstrap: String
    private let process: CommerceProcess
    /// A socket and not a pipe, so that writing to a process that has ended is an error and no signal.
    private let input: Int32
    private let sent = Mutex(0)

    private static let executable = URL(fileURLWithPath: Installation.executable).deletingLastPathComponent()
        .appendingPathComponent("MockKafkaCluster").path

    init(_ arguments: [String] = []) async throws {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { throw POSIXError(.EMFILE) }
        input = ends[0]
        defer { close(ends[1]) }
        process = try CommerceProcess(
            arguments, in: FileManager.default.temporaryDirectory.path, executable: Self.executable, standardInput: ends[1])
        let prefix = "bootstrap.servers="
        guard let line = await process.standardOutput.first(where: { $0.hasPrefix(prefix) }) else {
            close(input)
            throw await Installation.StartFailure(process)
        }
        bootstrap = String(line.dropFirst(prefix.count))
    }

    /// Its process ends with its input.
    deinit { close(input) }

    func makeTopic(_ name: String, partitions: Int) async throws { try await tell("topic \(name) \(partitions)") }
    /// Connections are closed, and new ones refused.
    func takeDown(broker: Int = 1) async throws { try await tell("down \(broker)") }
    func bringUp(broker: Int = 1) async throws { try await tell("up \(broker)") }

    /// - Throws: where the cluster does not do it.
    func tell(_ command: String) async throws {
        let number = sent.withLock { sent in
            _ = (command + "\n").withCString { send(input, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
            sent += 1
            return sent
        }
        // Answered in order, each line once.
        let seen = Mutex(0)
        let answer = await process.standardOutput.first { line in
            guard line == "ok" || line.hasPrefix("error") else { return false }
            return seen.withLock { seen in
                seen += 1
                return seen == number
            }
        }
        try #require(answer == "ok", "'\(command)': \(answer ?? "the mock cluster has ended: \(process.standardError.text)")")
    }
}
