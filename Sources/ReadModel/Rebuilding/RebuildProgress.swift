/// How far a rebuild or a verification is.
public struct RebuildProgress: Sendable {
    public enum Phase: String, Sendable, Codable {
        /// Reads the log and folds it in memory.
        case fold
        /// Writes the folded rows.
        case load
        /// Compares rows.
        case verify
        /// Applies what was appended meanwhile.
        case catchUp = "catch-up"
        case swap
    }

    public var phase = Phase.fold
    /// Events folded that the projection knows.
    public var events: Int64 = 0
    /// Records read, of those that were in the log at the start.
    public var records: Int64 = 0
    public var totalRecords: Int64 = 0
    /// Rows folded or, while loading, written; while verifying, compared.
    public var rows: Int64 = 0
    /// Memory that the fold takes, as estimated.
    public var bytes: Int64 = 0
    /// Records in the log and not applied yet.
    public var lag: Int64 = 0
    /// Since the start.
    public var seconds: Double = 0

    public init() {}

    public var eventsPerSecond: Double { seconds > 0 ? Double(events) / seconds : 0 }
    /// Until the log is read, at the rate so far.
    public var secondsLeft: Double? {
        phase == .fold && records > 0 ? seconds / Double(records) * Double(max(0, totalRecords - records)) : nil
    }
}
