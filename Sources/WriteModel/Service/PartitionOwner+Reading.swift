import EventLog
import EventModel

/// What is read of the partition's streams, and how fresh it is.
extension PartitionOwner {
    /// Returns once every record up to `offset` is accounted for, or another's claim has ended its ownership.
    ///
    /// - Returns: false where the log has no such record, or after `timeout`.
    func catchUp(to offset: Offset, timeout: Duration) async throws -> Bool {
        // A current owner has seen every record that it reported.
        guard machine.isOwner, machine.lastOffset < offset else { return true }
        guard try await log.bounds(of: partition).upperBound > offset else { return false }
        let deadline = environment.now().advanced(by: timeout)
        step(.check)
        guard machine.isOwner, machine.lastOffset < offset else { return true }
        guard !isStopped else { return false }
        return await withCheckedContinuation { readers.append((offset, deadline, $0)) }
    }

    /// - Parameter now: where time has passed.
    func answerReaders(at now: Timestamp? = nil) {
        let waiting = readers
        readers = []
        for reader in waiting {
            if !machine.isOwner || machine.lastOffset >= reader.offset {
                reader.continuation.resume(returning: true)
            } else if isStopped || now.map({ reader.deadline <= $0 }) ?? false {
                reader.continuation.resume(returning: false)
            } else {
                readers.append(reader)
            }
        }
    }

    /// The last valid record that it knows of, all of them up to there included; nil where the partition's streams cannot be read here.
    var accountedPosition: LogPosition? { machine.isReadable ? LogPosition(partition, machine.position.offset) : nil }

    /// Whether the partition's streams can be read here, with every record up to `offset`.
    func isReadable(through offset: Offset? = nil) -> Bool {
        machine.isOwner || machine.isReadable && offset.map { $0 <= machine.lastOffset } ?? true
    }

    /// A stream's commits from `version` on: where they stand in the log.
    func commits(of stream: StreamID, from version: StreamVersion, limit: Int) async throws -> [CommitReference] {
        let unsaved = machine.unsavedCommits(of: stream)
        let stored: [CommitReference]
        do {
            stored = try await openStore.commits(of: stream, from: version, limit: limit)
        } catch {
            noticeLost(error)
            throw error
        }
        let last = stored.last?.lastVersion ?? .none
        let newer = unsaved.filter { $0.firstVersion > last && $0.lastVersion >= version }
        return Array((stored + newer).prefix(limit))
    }
}
