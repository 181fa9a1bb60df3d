import Dispatch
public import EventLog
public import Logging
import SQLiteSupport
public import WriteModel

/// Keeps state stores in a folder: one SQLite file per partition, `<topic>-<partition>.sqlite`.
///
/// The files are a cache over the log. A file of another layout or fold version, of another partition, or one that is damaged, is deleted
/// and made anew, with a line in the log saying why.
public final class SQLiteStateStores: StateStoreProvider {
    /// The folder's path. Made with the first store.
    public let folder: String
    private let logger: Logger
    /// Opens and closes files, in order, off the cooperative pool.
    private let queue = DispatchQueue(label: "SQLiteStateStores")

    public init(folder: String, logger: Logger = Logger(label: "SQLiteStateStores")) {
        self.folder = folder
        self.logger = logger
    }

    public func open(_ partition: TopicPartition, foldVersion: String) async throws -> any StateStore {
        let place = StateFile.Place(path: path(of: partition), partition: partition, foldVersion: foldVersion, logger: logger)
        let file = try await queue.run { [folder] in
            do throws(StorageFault) {
                try Folder.make(folder)
            } catch {
                throw StateStoreError(.storage, "cannot make the folder '\(folder)' for state stores: \(error)")
            }
            return try StateFile.open(place)
        }
        return SQLiteStateStore(file, queue: queue)
    }

    /// Where a partition's store is kept. What a file's name cannot hold everywhere is percent-encoded.
    public func path(of partition: TopicPartition) -> String {
        var name = ""
        for byte in partition.topic.name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                name.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return "\(folder)/\(name)-\(partition.partition).sqlite"
    }
}

extension DispatchQueue {
    /// Does blocking work on the queue.
    func run<Answer: Sendable>(_ work: @escaping @Sendable () throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            async { continuation.resume(with: Result(catching: work)) }
        }
    }
}
