public import EventLog
public import EventModel
import Foundation
import GRDB
public import Logging

/// A durable log in one SQLite file: the embedded adapter, with no server at all.
///
/// - A record is reported stored once its transaction is on disk (WAL with `synchronous=FULL`). All appends that wait share one
///   transaction (group commit), so the rate grows with the number in flight.
/// - Several processes may open one file, and so may one process several times. Their appends are serialized by SQLite, and a reader
///   of one is woken by the appends of another.
/// - Readers see a partition's records in order, and wait at its end without polling.
public final class SQLiteLog: EventLog {
    private let storage: Storage
    private let commits: GroupCommit
    private let arrivals: Arrivals
    private let tail: RecordTail
    private let foreign: ForeignCommits
    private let options: Options
    private let news: MembershipNews

    /// Opens the log at `path`; its folder and file are made where they are missing.
    ///
    /// - Parameter now: the clock that stamps stored records.
    /// - Throws: `storage` where folder or file cannot be made or written, `misconfigured` where the file is not a log's or is one of
    ///   a newer layout, `unavailable` where it is locked for too long.
    public init(
        path: String, options: Options = Options(), logger: Logger? = nil, now: @escaping @Sendable () -> Timestamp = SQLiteLog.systemClock
    ) async throws(LogError) {
        let storage = try await Storage.open(path: path, options: options)
        let arrivals = Arrivals()
        let tail = RecordTail()
        let foreign = ForeignCommits(storage: storage, arrivals: arrivals, tail: tail, fallback: options.fallbackInterval, logger: logger)
        self.storage = storage
        self.arrivals = arrivals
        self.tail = tail
        self.foreign = foreign
        self.options = options
        news = MembershipNews(path: path, logger: logger)
        commits = GroupCommit(storage: storage, maximumQueuedBytes: options.maximumQueuedBytes, now: now) { stored in
            foreign.announce()
            tail.add(stored)
            arrivals.announce(stored.compactMapValues { $0.last?.offset.next })
        }
    }

    public func partitionCount(of topic: Topic) async throws(LogError) -> Int? {
        let catalog = storage.catalog
        return try await storage.read("look up topic '\(topic)'") { try catalog.entry(for: topic, in: $0)?.partitions }
    }

    /// Keeps every record, whatever the settings say, which those who need only the newest can live with.
    public func createTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) {
        let partitions = settings.partitions
        guard partitions > 0 else { throw LogError(.misconfigured, "a topic has at least one partition") }
        let catalog = storage.catalog
        try await storage.write("make topic '\(topic)'") { try catalog.insert(topic, partitions: partitions, in: $0) }
    }

    public func describe(_ topic: Topic) async throws(LogError) -> TopicDescription? {
        try await partitionCount(of: topic).map { TopicDescription(partitions: $0) }
    }

    public func bounds(of partition: TopicPartition) async throws(LogError) -> Range<Offset> {
        let catalog = storage.catalog
        return try await storage.read("find the end of \(partition)") { db in
            .zero..<(try RecordQuery.end(of: try catalog.key(of: partition, in: db), in: db))
        }
    }

    public func makeProducer() async throws(LogError) -> any LogProducer {
        guard !storage.isClosed else { throw storage.closedError("make a producer") }
        return SQLiteProducer(commits: commits, maximumRecordBytes: options.maximumRecordBytes)
    }

    public func makeReader(of partition: TopicPartition, from offset: Offset) async throws(LogError) -> any LogReader {
        let catalog = storage.catalog
        let key = try await storage.read("read \(partition)") { db in
            let key = try catalog.key(of: partition, in: db)
            let end = try RecordQuery.end(of: key, in: db)
            guard offset >= .zero, offset <= end else {
                throw LogError(.truncated, "\(partition) holds offsets 0..<\(end), so it cannot be read from \(offset)")
            }
            return key
        }
        return SQLiteReader(
            storage: storage, arrivals: arrivals, tail: tail, foreign: foreign, partition: partition, key: key, from: offset)
    }

    /// The group's newest member works on all partitions, whichever process it is in; where that has left or ended, the newest of the others.
    public func join(group: String, topic: Topic) async throws(LogError) -> any GroupMembership {
        let partitions = try await partitions(of: topic)
        let group = "\(group) \(topic)"
        do {
            guard let lock = try MemberLock(group: group, path: storage.writeAheadLog) else { return SoleMember(partitions: partitions) }
            return SQLiteMembership(lock, partitions: partitions, every: options.membershipInterval, news: news)
        } catch {
            throw storage.failure(error, on: nil)("cannot join group '\(group)'")
        }
    }

    /// Stores and reports what is queued, ends every waiting read with `closed`, and closes the file. Whatever is called afterwards
    /// fails with `closed`.
    public func close() async {
        await commits.close()
        foreign.stop()
        arrivals.close(with: storage.closedError("read on"))
        await storage.close()
    }

    /// Simulates a disk that has room for so many pages of 4 KiB; for tests.
    func limitSize(pages: Int) async throws(LogError) {
        try await storage.perform("limit the size") { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
    }

    /// Copies the write-ahead log into the file; for tests.
    func checkpoint() async throws(LogError) {
        try await storage.perform("checkpoint") { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    }

    /// Calls back within the next transaction that is committed, behind its commit; for tests.
    func onCommit(_ body: @escaping @Sendable () -> Void) async throws(LogError) {
        try await storage.perform("wait for a commit") { $0.afterNextTransaction { _ in body() } }
    }

    /// The setting of the connection that appends; for tests.
    func synchronousMode() async throws(LogError) -> Int? {
        try await storage.perform("read a setting") { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
    }

    /// The system's real-time clock.
    public static func systemClock() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
