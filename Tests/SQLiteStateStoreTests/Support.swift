import EventLog
import EventModel
import Foundation
import Logging
import Synchronization
import WriteModel

/// Calls `body` with a new folder's path and removes the folder afterwards.
func withTemporaryFolder<Answer>(_ body: (String) async throws -> Answer) async throws -> Answer {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("state-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

let partition = TopicPartition("ordering", Partition(7))

func position(_ offset: Int64) -> ChainPosition {
    ChainPosition(offset: Offset(offset), chain: ChainRule(epoch: Epoch(1), sequence: CommitSequence(offset)))
}

func commit(_ version: Int64, offset: Int64 = 0) -> CommitReference {
    CommitReference(
        offset: Offset(offset), firstVersion: StreamVersion(version), events: 1, commandID: CommandID(trusted: "command-\(version)"),
        commandDigest: CommandDigest(stored: Bytes(repeating: UInt8(truncatingIfNeeded: version), count: 32)))
}

/// A batch that takes each of `streams` streams from the version before `version` to it.
func batch(version: Int64, streams: Int = 10, stateBytes: Int = 20) -> StateBatch {
    StateBatch(
        position: position(version),
        streams: (0..<streams).map {
            StateBatch.Stream(
                id: StreamID(trusted: "order/\($0)"), version: StreamVersion(version),
                state: Bytes(repeating: UInt8(truncatingIfNeeded: version), count: stateBytes), commits: [commit(version)])
        })
}

/// Keeps log lines as text.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        init(lines: LogLines) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = event.metadata ?? [:]
            let text = "\(event.level): \(event.message) " + metadata.map { "\($0)=\($1)" }.sorted().joined(separator: " ")
            lines.lines.withLock { $0.append(text) }
        }
    }
}
