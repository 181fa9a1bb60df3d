extension SQLiteLog {
    /// What an application may want to set; the defaults fit most.
    public struct Options: Sendable {
        /// The largest key and value together. A larger record is refused with `recordTooLarge` before any of it is queued: it is
        /// definitely not in the log, and the producer goes on.
        public var maximumRecordBytes = 100_000_000
        /// How much may wait for the next transaction. A record beyond it is refused with `unavailable`; it is definitely not in the log.
        public var maximumQueuedBytes = 256_000_000
        /// How many reads may be under way at once; the rest wait their turn. A reader that waits at the end takes none.
        public var maximumReaders = 4
        /// How long to wait for another process's transaction.
        public var busyTimeout = Duration.seconds(10)
        /// How often waiting readers look by themselves for other processes' appends. Only a safety net: they are woken at once, unless
        /// the other process dies between commit and notice.
        public var fallbackInterval = Duration.seconds(1)
        /// How often a group's member looks whether members of other processes have come or gone.
        public var membershipInterval = Duration.milliseconds(500)

        public init() {}
    }
}
