/// How far a fold of a partition has come: its last valid record, and what the chain rule knew after it.
///
/// Whoever resumes from a stored position first reads that record again: another `(epoch, sequence)` there means that the log was
/// truncated or recreated.
public struct ChainPosition: Hashable, Sendable, CustomStringConvertible {
    /// Before the first valid record.
    public static let beginning = ChainPosition(offset: Offset(-1), chain: ChainRule())

    /// The last valid record's offset; -1 before the first.
    public let offset: Offset
    public let chain: ChainRule

    public init(offset: Offset, chain: ChainRule) {
        self.offset = offset
        self.chain = chain
    }

    public var description: String { "@\(offset) (epoch \(chain.epoch), sequence \(chain.sequence))" }
}
