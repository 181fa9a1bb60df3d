import EventModel

/// A partition's owner by the log's own word.
public struct NewestClaim: Hashable, Sendable {
    public let epoch: Epoch
    /// Nil where the record of the claim was not found.
    public let claim: Claim?
}

extension EventLog {
    /// The claim that a partition's newest records are under; nil where there is none. It costs a few reads, however long the partition is.
    ///
    /// Epochs rise along a partition, so the first record of the newest epoch, which is its claim, is found by halving. Void records of deposed
    /// writers stand in between, with lower epochs: the highest of some consecutive records counts.
    public func newestClaim(of partition: TopicPartition, window: Int64 = 64) async throws -> NewestClaim? {
        let bounds = try await bounds(of: partition)
        func entries(from first: Offset) async throws -> [LogEntry] {
            try await read(partition, first..<min(Offset(first.rawValue + window), bounds.upperBound))
        }
        var found = max(bounds.lowerBound, Offset(bounds.upperBound.rawValue - window))
        guard let newest = try await entries(from: found).newestEpoch else { return nil }
        var low = bounds.lowerBound
        while low < found {
            let middle = Offset(low.rawValue + (found.rawValue - low.rawValue) / 2)
            if let epoch = try await entries(from: middle).newestEpoch, epoch >= newest { found = middle } else { low = middle.next }
        }
        for entry in try await entries(from: found) {
            if case .claim(newest)? = RecordHeader(encoded: entry.value), case .claim(let claim)? = try? Record(encoded: entry.value) {
                return NewestClaim(epoch: newest, claim: claim)
            }
        }
        return NewestClaim(epoch: newest, claim: nil)
    }
}

extension [LogEntry] {
    /// The highest epoch of their claims and commits.
    fileprivate var newestEpoch: Epoch? {
        lazy.compactMap { entry -> Epoch? in
            switch RecordHeader(encoded: entry.value) {
            case .claim(let epoch), .commit(let epoch, _): epoch < .limit ? epoch : nil
            case nil: nil
            }
        }.max()
    }
}
