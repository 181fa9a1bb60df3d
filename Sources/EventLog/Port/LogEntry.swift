public import EventModel

/// A record to append: its key chose the partition, its value is an encoded ``Record``.
///
/// A log need not tell an empty value from none: in a topic that keeps the newest record of each key, it has the key forgotten.
public struct LogRecord: Sendable {
    public let key: Bytes
    public let value: Bytes

    public init(key: Bytes, value: Bytes) {
        self.key = key
        self.value = value
    }
}

/// A record as it stands in the log.
public struct LogEntry: Sendable {
    public let offset: Offset
    /// When the log stored it, by the log's clock.
    public let storedAt: Timestamp
    public let key: Bytes
    public let value: Bytes

    public init(offset: Offset, storedAt: Timestamp, key: Bytes, value: Bytes) {
        self.offset = offset
        self.storedAt = storedAt
        self.key = key
        self.value = value
    }
}

/// Consecutive records of one partition, at least one, in order of offset.
public struct LogBatch: Sendable {
    public let entries: [LogEntry]
    /// The partition's end when the batch was read, at least one past the last entry.
    public let end: Offset

    public init(entries: [LogEntry], end: Offset) {
        self.entries = entries
        self.end = end
    }
}
