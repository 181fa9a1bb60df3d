import EventLog
import Foundation
import KafkaLog
import Synchronization

/// librdkafka's mock cluster in the helper process, for as long as this object lives.
final class MockCluster: Sendable {
    let brokers: [String]
    private let process: Process
    private let input: FileHandle
    private let output: Mutex<LineReader>
    /// One command at a time; blocking, so off the cooperative pool.
    private let commands = DispatchQueue(label: "mock-cluster")

    /// Standard output by lines.
    private struct LineReader {
        private let handle: FileHandle
        private var buffer = Data()

        init(_ handle: FileHandle) { self.handle = handle }

        mutating func next() -> String? {
            while true {
                if let newline = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { buffer.removeSubrange(...newline) }
                    return String(decoding: buffer[..<newline], as: UTF8.self)
                }
                let more = handle.availableData
                if more.isEmpty { return nil }
                buffer += more
            }
        }
    }

    init(brokers: Int = 1) throws {
        let process = Process()
        // Built with the tests: beside the test bundle.
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("MockKafkaCluster")
        process.arguments = ["--brokers", "\(brokers)"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        self.process = process
        self.input = input.fileHandleForWriting
        var lines = LineReader(output.fileHandleForReading)
        let line = lines.next() ?? ""
        self.output = Mutex(lines)
        let prefix = "bootstrap.servers="
        guard line.hasPrefix(prefix) else { throw LogError(.unavailable, "the mock cluster says '\(line)'") }
        self.brokers = line.dropFirst(prefix.count).split(separator: ",").map(String.init)
    }

    deinit {
        try? input.close()  // its end of standard input ends it
    }

    /// Has the cluster do something. Returns what was asked for; empty where nothing was.
    @discardableResult
    func perform(_ command: String) async throws(LogError) -> String {
        let answer = await withCheckedContinuation { continuation in
            commands.async { [self] in
                try? input.write(contentsOf: Data((command + "\n").utf8))
                continuation.resume(returning: output.withLock { $0.next() } ?? "no answer")
            }
        }
        if answer == "ok" { return "" }
        if answer.hasPrefix("ok ") { return String(answer.dropFirst(3)) }
        throw LogError(answer.hasSuffix("exists") ? .topicExists : .unavailable, "mock cluster: \(command): \(answer)")
    }
}

/// The mock cluster has no API to make topics: its control channel does.
extension MockCluster: TopicAdministration {
    func create(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) {
        let replicas = settings.replicas.map { " \($0)" } ?? ""
        try await perform("topic \(topic) \(settings.partitions)\(replicas)")
    }

    func settings(of topic: Topic) async throws(LogError) -> [String: String] {
        throw LogError(.misconfigured, "the mock cluster does not tell settings")
    }
}
