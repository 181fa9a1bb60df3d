import EventLog
import EventModel

/// The partition, and the judge of what lands in it: it folds the chain rule and every stream as the records come, and refuses a valid
/// commit that was not decided on exactly the valid commits before it.
struct SimulatedLog {
    struct Entry {
        let record: Record
        let isValid: Bool
        /// The chain rule after it.
        let chain: ChainRule
        /// When it landed.
        let step: Int
    }

    /// A valid commit, as the judge has it.
    struct Fact {
        let commit: Commit
        let offset: Offset
        let step: Int
        /// The stream's state after it.
        let state: TallyState
    }

    /// A stream's valid commits, oldest first.
    typealias History = [Fact]

    private(set) var entries: [Entry] = []
    private(set) var chain = ChainRule()
    private(set) var histories: [StreamID: History] = [:]

    var end: Offset { Offset(Int64(entries.count)) }

    mutating func append(_ record: Record, at step: Int) throws(Violation) -> Offset {
        let offset = end
        let isValid = chain.admit(record.header)
        entries.append(Entry(record: record, isValid: isValid, chain: chain, step: step))
        if isValid, case .commit(let commit) = record { try judge(commit, at: offset, step) }
        return offset
    }

    func entry(at offset: Offset) -> Entry? {
        entries.indices.contains(Int(offset.rawValue)) ? entries[Int(offset.rawValue)] : nil
    }

    func fact(of command: CommandID, on stream: StreamID) -> Fact? {
        histories[stream]?.first { $0.commit.commandID == command }
    }

    /// The valid commits of a stream up to `offset`, included.
    func history(of stream: StreamID, through offset: Offset) -> ArraySlice<Fact> {
        (histories[stream] ?? []).prefix { $0.offset <= offset }
    }

    private mutating func judge(_ commit: Commit, at offset: Offset, _ step: Int) throws(Violation) {
        var history = histories[commit.stream] ?? []
        let basis = history.last?.state ?? TallyState()
        guard commit.firstVersion.rawValue == basis.count + 1 else {
            throw Violation(
                "the commit at \(offset) begins at version \(commit.firstVersion) of \(commit.stream), which is at \(basis.count)")
        }
        if let first = history.first(where: { $0.commit.commandID == commit.commandID }) {
            throw Violation("command \(commit.commandID) on \(commit.stream) is committed twice: at \(first.offset) and at \(offset)")
        }
        guard !commit.events.isEmpty else { throw Violation("the commit at \(offset) has no events") }
        var state = basis
        for event in commit.events {
            guard let claimed = TallyDecider.fold(event, onto: &state), claimed == basis else {
                throw Violation("the commit at \(offset) was not decided on the valid commits before it on \(commit.stream)")
            }
        }
        history.append(Fact(commit: commit, offset: offset, step: step, state: state))
        histories[commit.stream] = history
    }
}
