import EventLog
import EventModel
import GRDB
import SQLiteSupport

/// One group of appends in one transaction: all of them are stored, or none.
struct AppendTransaction {
    private let storage: Storage
    private let at: Timestamp
    private var places: [TopicPartition: Result<(key: PartitionKey, next: Offset), LogError>] = [:]

    /// What has been stored, once committed, by partition and in order.
    private(set) var stored: [PartitionKey: [LogEntry]] = [:]

    init(_ storage: Storage, at: Timestamp) {
        self.storage = storage
        self.at = at
    }

    /// An outcome for each item, meaningless for those that are no appends.
    mutating func run(_ items: [QueuedItem], _ db: Database) -> [Result<Offset, LogError>] {
        var outcomes: [Result<Offset, LogError>] = []
        outcomes.reserveCapacity(items.count)
        guard items.contains(where: { if case .append = $0 { true } else { false } }) else {
            return Array(repeating: .success(.zero), count: items.count)
        }
        do {
            try db.inTransaction(.immediate) {
                let insertion = try RecordInsertion(db)
                for item in items {
                    guard case .append(let append) = item else {
                        outcomes.append(.success(.zero))
                        continue
                    }
                    outcomes.append(try store(append, insertion, db))
                }
                // Nothing is to be stored where it would not be found again.
                try storage.checkFiles(on: db)
                return .commit
            }
        } catch {
            let failure = storage.failure(error, on: db)
            return fail(items, outcomes) { failure("cannot append to \($0)") }
        }
        // The file may have gone while the transaction was on its way to the disk.
        guard let displacement = storage.files.displacement(on: db) else { return outcomes }
        let path = storage.path
        return fail(items, outcomes) { partition in
            LogError(
                .unavailable,
                "whether the record for \(partition) is stored is not known: \(displacement), while the record was written to the log at \(path)"
            )
        }
    }

    /// Fails every append that was not refused by itself.
    private mutating func fail(
        _ items: [QueuedItem], _ outcomes: [Result<Offset, LogError>], with error: (TopicPartition) -> LogError
    ) -> [Result<Offset, LogError>] {
        stored = [:]
        return items.enumerated().map { index, item in
            guard case .append(let append) = item else { return .success(.zero) }
            // What had been refused before the transaction failed keeps its own reason.
            if index < outcomes.count, case .failure = outcomes[index] { return outcomes[index] }
            let failure = error(append.partition)
            append.producer.fail(with: failure)
            return .failure(failure)
        }
    }

    private mutating func store(
        _ append: QueuedAppend, _ insertion: RecordInsertion, _ db: Database
    ) throws -> Result<Offset, LogError> {
        if let failure = append.producer.failure {
            return .failure(
                LogError(
                    failure.code, "cannot append to \(append.partition): an earlier append of this producer failed; make a fresh producer",
                    underlying: failure))
        }
        switch try place(of: append.partition, db) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let place):
            guard place.next.rawValue < PartitionKey.maximumOffset else {
                return .failure(LogError(.storage, "cannot append to \(append.partition): a partition holds 2^40 records and is full"))
            }
            try insertion.insert(id: place.key.id(of: place.next), storedAt: at, append.record)
            places[append.partition] = .success((place.key, place.next.next))
            stored[place.key, default: []].append(
                LogEntry(offset: place.next, storedAt: at, key: append.record.key, value: append.record.value))
            return .success(place.next)
        }
    }

    /// The next offset is read inside the transaction, since other processes append too.
    private mutating func place(
        of partition: TopicPartition, _ db: Database
    ) throws -> Result<(key: PartitionKey, next: Offset), LogError> {
        if let place = places[partition] { return place }
        let place: Result<(key: PartitionKey, next: Offset), LogError>
        do {
            let key = try storage.catalog.key(of: partition, in: db)
            place = .success((key, try RecordQuery.end(of: key, in: db)))
        } catch let refusal as LogError {
            place = .failure(refusal)
        }
        places[partition] = place
        return place
    }
}
