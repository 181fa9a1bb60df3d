import EventLog
import EventModel

/// One partition within a runner's session: its fold, what is read and not folded yet, and how far it is.
struct RunnerLane {
    let partition: Partition
    let fold: ProjectionFold
    /// As stored.
    var position: ChainPosition
    /// Read and not folded yet.
    var queue: ArraySlice<ChainedRecord> = []
    var next: Offset
    var end: Offset
    /// Where reading has come to, once the queue is empty.
    var readTo: Offset
    var storedAt: Timestamp?
    /// After a batch that cannot be applied, records go one by one, so that the one at fault can be named.
    var isCareful = false
    var failure: ReadModelError?

    init(_ projection: RegisteredProjection, _ partition: TopicPartition, _ position: ChainPosition, end: Offset) {
        self.partition = partition.partition
        self.position = position
        self.end = max(end, position.offset.next)
        fold = projection.makeFold(partition, position == .beginning, .all)
        next = position.offset.next
        readTo = next
    }

    mutating func receive(_ batch: ChainBatch) {
        queue += batch.records
        readTo = batch.next
        end = max(end, batch.end)
        if queue.isEmpty { next = readTo }
    }

    var waiting: ArraySlice<ChainedRecord> {
        failure != nil ? [] : isCareful ? queue.prefix(1) : queue
    }

    mutating func applied(to position: ChainPosition) {
        self.position = position
        while let first = queue.first, first.offset <= position.offset {
            storedAt = first.storedAt
            queue.removeFirst()
        }
        next = queue.first?.offset ?? readTo
    }

    /// Gives up on the batch: its records one by one, or this one for good.
    mutating func fail(_ error: ReadModelError, schema: TableSchema, topic: Topic) {
        fold.reset()
        if waiting.count > 1 {
            isCareful = true
        } else {
            let record = queue.first
            failure = ReadModelError(
                error.code,
                "projection '\(schema.projection.name)' stops at \(topic)/\(partition)@\(record?.offset ?? next)"
                    + (record?.commit.map { ", stream \($0.stream), versions \($0.firstVersion) to \($0.lastVersion)" } ?? ""),
                underlying: error)
        }
    }

    var progress: RunnerStatus.PartitionProgress {
        RunnerStatus.PartitionProgress(position: position, next: next, end: end, storedAt: storedAt, failure: failure?.description)
    }
}
