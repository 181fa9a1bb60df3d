/// Reads the valid records of a partition from a position on: a ``LogReader`` behind the ``ChainRule``.
///
/// For one task at a time. Close it when done.
public final class ChainReader {
    private let partition: TopicPartition
    private let reader: any LogReader
    private var fold: ChainFold

    /// - Throws: `truncated` where the log cannot hold `position`; that it does is checked when the first record is read.
    public init(
        _ log: any EventLog, _ partition: TopicPartition, after position: ChainPosition, selecting selection: ChainSelection = .all
    ) async throws {
        self.partition = partition
        fold = ChainFold(partition, after: position, selecting: selection)
        if position != .beginning {
            let bounds = try await log.bounds(of: partition)
            guard bounds.contains(position.offset) else {
                throw LogError(
                    .truncated,
                    "\(partition) holds offsets \(bounds.lowerBound)..<\(bounds.upperBound) and not the resumed position \(position): "
                        + "the log was truncated or recreated; what was derived from it must be rebuilt from offset zero")
            }
        }
        reader = try await log.makeReader(of: partition, from: max(.zero, position.offset))
    }

    /// After the last valid record returned.
    public var position: ChainPosition { fold.position }

    /// The next valid records, waiting for at least one entry, valid or void. Resumed at the very end, the first batch is empty: it tells
    /// that there is nothing new.
    ///
    /// - Throws: `CancellationError`; ``LogError`` `truncated` where the log is not the one that the position was taken from,
    ///   `corrupt` where a valid record cannot be read.
    public func next(maximumBytes: Int = 1 << 20) async throws -> ChainBatch {
        while true {
            let batch = try await reader.next(maximumBytes: maximumBytes)
            let folded = try fold.admit(batch)
            // The resumed record alone is nothing new.
            if folded.claims + folded.commits + folded.voids == 0 && folded.next < folded.end { continue }
            return folded
        }
    }

    public func close() async { await reader.close() }
}
