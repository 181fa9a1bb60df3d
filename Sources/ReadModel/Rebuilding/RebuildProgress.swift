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
    /// Rows to be written or compared, as far as known; 0 before.
    public var totalRows: Int64 = 0
    /// Memory that the fold takes, as estimated.
    public var bytes: Int64 = 0
    /// Records in the log and not applied yet.
    public var lag: Int64 = 0
    /// What a swap waits for: others' transactions; nil where it waits for nothing.
    public var waitsFor: String?
    /// Since the start.
    public var seconds: Double = 0

    public init() {}

    public var eventsPerSecond: Double { seconds > 0 ? Double(events) / seconds : 0 }
    /// When the phase began.
    var phaseBegan: Double = 0

    /// How much of the phase is done, 0 to 1.
    public var fraction: Double {
        switch phase {
        case .fold: totalRecords > 0 ? min(1, Double(records) / Double(totalRecords)) : 1
        case .load, .verify: totalRows > 0 ? min(1, Double(rows) / Double(totalRows)) : 0
        case .catchUp, .swap: lag > 0 ? 0 : 1
        }
    }

    /// Until the phase is done, at its rate so far; nil where that cannot be told.
    public var secondsLeft: Double? {
        guard phase == .fold || phase == .load || phase == .verify, fraction > 0 else { return nil }
        return (seconds - phaseBegan) * (1 - fraction) / fraction
    }
}
