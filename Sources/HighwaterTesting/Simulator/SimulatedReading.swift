import EventLog
import EventModel
import WriteModel

/// A reading under way.
struct SimulatedReading {
    enum Next {
        case batch(ChainBatch, overshoots: Bool)
        case end
    }

    let id: PartitionWriter.ReadingID
    private let target: PartitionWriter.ReadTarget
    private var position: ChainPosition
    private var next: Int
    /// The last offset to read, once the reading has begun.
    private var last: Int?
    private(set) var isOver = false

    init(
        _ id: PartitionWriter.ReadingID, after position: ChainPosition, target: PartitionWriter.ReadTarget, in log: borrowing SimulatedLog
    ) throws(Violation) {
        self.id = id
        self.target = target
        self.position = position
        next = Int(position.offset.rawValue) + 1
        guard position != .beginning else { return }
        guard let entry = log.entry(at: position.offset), entry.isValid, entry.chain == position.chain else {
            throw Violation("a reading resumes at \(position), which is not in the log")
        }
    }

    /// Goes on by some entries, at times beyond the target.
    mutating func advance(_ log: borrowing SimulatedLog, _ random: inout SimulationRandom) -> Next {
        let last = self.last ?? begin(log)
        guard next <= last else {
            isOver = true
            return .end
        }
        var through = min(last, next + random.below(4))
        if through == last, random.chance(300) { through = min(log.entries.count - 1, last + random.below(4)) }
        var records: [ChainedRecord] = []
        var voids = 0
        for offset in next...through {
            let entry = log.entries[offset]
            if entry.isValid {
                records.append(
                    ChainedRecord(
                        offset: Offset(Int64(offset)), storedAt: Timestamp(microseconds: Int64(entry.step)), record: entry.record))
                position = ChainPosition(offset: Offset(Int64(offset)), chain: entry.chain)
            } else {
                voids += 1
            }
        }
        next = through + 1
        return .batch(
            ChainBatch(records: records, position: position, next: Offset(Int64(next)), end: log.end, voids: voids),
            overshoots: through > last)
    }

    mutating func abandon() { isOver = true }

    private mutating func begin(_ log: borrowing SimulatedLog) -> Int {
        let last =
            switch target {
            case .end: log.entries.count - 1
            case .through(let offset): Int(offset.rawValue)
            }
        self.last = last
        return last
    }
}
