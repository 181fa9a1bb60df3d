/// What a rebuild or rollback did.
public struct RebuildResult: Codable, Sendable {
    public enum Outcome: String, Codable, Sendable {
        /// The new generation is live.
        case swapped
        /// It is complete and waits; a later rebuild swaps it in.
        case ready
        /// Its rows differ from the live ones; it waits, and a rebuild without verification swaps it in.
        case differs
        /// The retired generation is live again.
        case rolledBack = "rolled-back"
    }

    public let projection: String
    public let version: Int
    public let store: String
    public let generation: Int
    /// The generation that was live at the start.
    public let previousGeneration: Int?
    public let outcome: Outcome
    /// Nil where nothing was compared: not asked for, or nothing of the same version and log is live.
    public let verification: VerificationResult?
    public let records: Int64
    public let events: Int64
    public let rows: Int64
    /// The largest size of the fold in memory, as estimated.
    public let bytes: Int64
    public let seconds: Double
    public let eventsPerSecond: Double
}
