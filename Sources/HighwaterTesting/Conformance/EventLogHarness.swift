public import EventLog

/// How the conformance suite gets at an adapter.
public struct EventLogHarness: Sendable {
    /// The log to test. Each law calls it once; it may be the same log each time, since every law makes topics of its own.
    public var open: @Sendable () async throws -> any EventLog
    /// Closes a log that ``open`` has made and opens what it has stored again, as after a restart. Nil for a log that is not durable.
    public var reopen: (@Sendable (any EventLog) async throws -> any EventLog)?
    /// Called with the log at the end of each law.
    public var close: @Sendable (any EventLog) async -> Void
    /// What the topics' names begin with, letters, digits and hyphens; of each run its own where topics outlive a run.
    public var topicPrefix: String
    /// The size of a large record's value, which the log must take.
    public var largeRecordBytes: Int

    public init(
        topicPrefix: String = "conformance", largeRecordBytes: Int = 4 << 20,
        open: @escaping @Sendable () async throws -> any EventLog,
        reopen: (@Sendable (any EventLog) async throws -> any EventLog)? = nil,
        close: @escaping @Sendable (any EventLog) async -> Void = { _ in }
    ) {
        self.open = open
        self.reopen = reopen
        self.close = close
        self.topicPrefix = topicPrefix
        self.largeRecordBytes = largeRecordBytes
    }
}
