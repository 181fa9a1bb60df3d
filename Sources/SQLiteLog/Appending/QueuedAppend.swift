import EventLog

/// What waits for the next transaction, in order.
enum QueuedItem: Sendable {
    case append(QueuedAppend)
    /// Not to be stored; it waits only so that reports come in the order of the calls.
    case refused(LogError, @Sendable (Result<Offset, LogError>) -> Void)
    /// Resumed once everything before it has been reported.
    case fence(CheckedContinuation<Void, Never>)

    var bytes: Int {
        if case .append(let append) = self { append.record.key.count + append.record.value.count } else { 0 }
    }
}

struct QueuedAppend: Sendable {
    let record: LogRecord
    let partition: TopicPartition
    let producer: SQLiteProducer
    let report: @Sendable (Result<Offset, LogError>) -> Void
}
