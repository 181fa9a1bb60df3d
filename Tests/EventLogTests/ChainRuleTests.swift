import EventLog
import Testing

@Suite struct ChainRuleTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let before: ChainRule
        let header: RecordHeader?
        /// Nil where the record is void.
        let after: ChainRule?

        var testDescription: String { name }

        init(_ name: String, _ before: (Int64, Int64), _ header: RecordHeader?, _ after: (Int64, Int64)?) {
            self.name = name
            self.before = ChainRule(epoch: Epoch(before.0), sequence: CommitSequence(before.1))
            self.header = header
            self.after = after.map { ChainRule(epoch: Epoch($0.0), sequence: CommitSequence($0.1)) }
        }
    }

    static func claim(_ epoch: Int64) -> RecordHeader { .claim(Epoch(epoch)) }
    static func commit(_ epoch: Int64, _ sequence: Int64) -> RecordHeader { .commit(Epoch(epoch), CommitSequence(sequence)) }

    static let rows = [
        Row("the first claim", (0, 0), claim(1), (1, 0)),
        Row("a first claim of any epoch above zero", (0, 0), claim(7), (7, 0)),
        Row("a claim of epoch zero", (0, 0), claim(0), nil),
        Row("a claim of a negative epoch", (0, 0), claim(-1), nil),
        Row("the next claim begins at sequence zero", (3, 9), claim(4), (4, 0)),
        Row("a claim that skips epochs", (3, 9), claim(100), (100, 0)),
        Row("the same claim again", (3, 9), claim(3), nil),
        Row("a claim from the past", (3, 9), claim(2), nil),
        Row("the first commit", (3, 0), commit(3, 1), (3, 1)),
        Row("the next commit", (3, 9), commit(3, 10), (3, 10)),
        Row("a commit twice", (3, 9), commit(3, 9), nil),
        Row("a commit after a gap", (3, 9), commit(3, 11), nil),
        Row("sequence zero", (3, 0), commit(3, 0), nil),
        Row("a deposed writer's commit", (3, 9), commit(2, 10), nil),
        Row("a commit of an epoch that nobody claimed", (3, 9), commit(4, 10), nil),
        Row("a first commit of an epoch that nobody claimed", (3, 9), commit(4, 1), nil),
        Row("no record", (3, 9), nil, nil),
    ]

    @Test(arguments: rows) func admits(_ row: Row) {
        var rule = row.before
        let isValid = rule.admit(row.header)
        #expect(isValid == (row.after != nil))
        #expect(rule == row.after ?? row.before)
    }

    /// Against the rule said without state: what is valid follows from the whole history before.
    @Test(arguments: 0..<300) func agreesWithTheWholeHistory(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var history: [(header: RecordHeader, isValid: Bool)] = []
        var rule = ChainRule()
        for _ in 0..<60 {
            let header: RecordHeader =
                Int.random(in: 0..<4, using: &random) == 0
                ? Self.claim(.random(in: -1..<8, using: &random))
                : Self.commit(.random(in: 0..<8, using: &random), .random(in: 0..<5, using: &random))
            // Half of the commits fit, or histories would hardly grow.
            let chosen = Bool.random(using: &random) ? header : .commit(rule.epoch, CommitSequence(rule.sequence.rawValue + 1))

            let claims = history.enumerated().compactMap { index, entry -> (Int, Epoch)? in
                if case .claim(let epoch) = entry.header, epoch > .zero { (index, epoch) } else { nil }
            }
            let highest = claims.map(\.1).max() ?? .zero
            let since = claims.first { $0.1 == highest }?.0 ?? -1
            let isValid =
                switch chosen {
                case .claim(let epoch): epoch > highest
                case .commit(let epoch, let sequence):
                    epoch == highest && highest > .zero
                        && sequence.rawValue
                            == 1 + Int64(history.enumerated().count { $0 > since && $1.isValid && $1.header != .claim(highest) })
                }
            #expect(rule.admit(chosen) == isValid, "seed \(seed): \(chosen) after \(history)")
            history.append((chosen, isValid))
        }
    }
}
