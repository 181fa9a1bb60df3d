import DequeModule
public import EventLog
public import EventModel

/// The protocol by which one writer at a time decides a partition's commands, as a state machine without I/O: an input says what has
/// happened, the actions returned say what to do. ``PartitionOwner`` performs them; the simulator in HighwaterTesting does so over a log
/// that loses, repeats and delays.
///
/// It claims the partition, decides on its own fold plus its own commits in flight, and acknowledges a commit when its report says that
/// it landed right behind the one before: nobody interfered. On a jump it reads what is in between. A failed report or a void commit ends
/// its ownership, and it claims again: what was in flight landed before the new claim, and counts, or is void for ever. So every unknown
/// outcome becomes a definite one. An answer that appends nothing is given once the log shows that it was not decided on stale state. `models/partition_writer.pml` is the model of it.
public struct PartitionWriter {
    public let partition: TopicPartition
    /// Names this incarnation in its claims. No two processes, and no two runs of one, may share a name.
    public let writer: String
    let context: BoundedContext
    let partitionCount: Int
    let limits: Limits

    enum Purpose: Hashable {
        /// The partition is new to this instance; whoever wrote it before is history.
        case assignment
        /// This instance owned it and lost its way; another's claim is a reason to stop.
        case recovery
    }

    /// Of a reading whose foreign commits go into the state store.
    enum Progress: Hashable {
        case reading
        /// All is read; the state store may still be folding.
        case read
    }

    enum Phase: Hashable {
        case idle
        /// Reading up to the end before claiming.
        case catchingUp(Purpose, ReadingID, Progress)
        /// The claim is in flight.
        case claiming(Purpose, Epoch)
        /// Reading up to the claim.
        case confirming(Purpose, Epoch, ReadingID, Progress)
        case owning
        /// Owning, and reading what is between the last acknowledged commit and the reported one.
        case verifying(ReadingID, CommitSequence)
        case backingOff(Purpose)
    }

    var phase = Phase.idle
    /// The last valid record that this writer knows of, and the chain rule after it.
    var position = ChainPosition.beginning
    /// The last valid record whose command has its answer, or this writer's claim: answers that are given now rest on all up to there.
    var settled = Offset(-1)
    /// The last offset that is accounted for; void records count.
    var lastOffset = Offset(-1)
    /// The sequence of the last commit proposed in this epoch.
    var lastProposed = CommitSequence.zero
    /// The epoch of this writer's newest valid claim.
    var epoch = Epoch.zero
    var producer = 0
    var readings = 0
    var attempts = 0
    /// Why storing fails, while it does.
    var outage: LogError?
    /// Reports that came while a reading was under way.
    var laterReports: Deque<(CommitSequence, Offset)> = []
    /// The last valid claim read.
    var standing: Claim?
    /// Commits of others that the state store is folding.
    var folding: ChainPosition?
    /// Commits of others, read meanwhile: where a fold fails, none may follow it.
    var unfolded: (commits: [ChainedRecord], position: ChainPosition)?

    var streams = StreamCache()
    /// Why the state store is not this writer's any more, until it has stepped down for that.
    var lostStore: String?
    /// In order of arrival, not decided.
    var waiting: Deque<WaitingCommand> = []
    /// By stream: waits for the state store to answer the lookup.
    var loading: [StreamID: (lookup: LookupID, waiting: Deque<WaitingCommand>)] = [:]
    var lookups = 0
    /// In order of decision: waits for the log.
    var pending: Deque<PendingCommand> = []
    var commitsInFlight = 0
    /// How many commits may be in flight since the log has refused several for their size together; nil where ``Limits/inFlight`` holds.
    var window: Int?
    /// Commits still to land before the window ends: those that were refused together.
    var suspects = 0
    /// The bytes that the log takes in one record, key and value; nil where it does not tell.
    var logRecordBytes: Int?
    var unanswered = 0
    var confirming = Confirming.nothing
    /// Looks at the log's end so far.
    var confirmations = 0
    var lastConfirmed = ConfirmationID(number: 0)
    var isConfirmationWanted = false

    /// Streams with commits that are not saved, in the order in which they got the first of them.
    var dirty: [StreamID] = []
    var unsavedCommits = 0
    var saving: (position: ChainPosition, streams: [(StreamID, commits: Int)])?
    /// The last save has failed; the next one waits for a tick.
    var isSaveFailing = false

    var actions: [Action] = []

    public init(
        _ partition: TopicPartition, of partitionCount: Int, context: BoundedContext, writer: String, limits: Limits = Limits()
    ) {
        self.partition = partition
        self.partitionCount = partitionCount
        self.context = context
        self.writer = writer
        self.limits = limits
    }

    /// Takes an input and returns what to do about it.
    ///
    /// - Parameter now: the time that claims and commits are stamped with.
    public mutating func handle(_ input: Input, at now: Timestamp) -> [Action] {
        switch input {
        case .assigned(let position): assigned(from: position)
        case .command(let command, let ticket): take(WaitingCommand(command: command, ticket: ticket), at: now)
        case .expired(let ticket): expire(ticket)
        case .loaded(let lookup, let stored): loaded(lookup, stored, at: now)
        case .found(let lookup, let command, let commit): found(lookup, command, commit, at: now)
        case .lookupFailed(let lookup, let reason): lookupFailed(lookup, reason)
        case .storeLost(let reason): storeLost(reason)
        case .reported(let append, let result): reported(append, result, at: now)
        case .read(let reading, let batch): read(reading, batch, at: now)
        case .readEnded(let reading): readEnded(reading, at: now)
        case .readFailed(let reading, let error): readFailed(reading, error)
        case .confirmed(let id, let end): confirmed(id, end)
        case .confirmFailed(let id, let error): confirmFailed(id, error)
        case .halted(let reason): if phase != .idle { stepDown(by: nil, reason: reason) }
        case .check: check()
        case .recordLimit(let bytes): logRecordBytes = bytes
        case .folded(let position): folded(position, at: now)
        case .foldFailed(let position, let reason): foldFailed(position, reason)
        case .saved(let position): saved(position)
        case .saveFailed(let position): saveFailed(position)
        case .backedOff: backedOff()
        case .tick: save()
        }
        goOnConfirming()
        if unsavedCommits >= limits.commitsPerSave, !isSaveFailing { save() }
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }

    /// Whether it decides commands now.
    public var isOwner: Bool {
        switch phase {
        case .owning, .verifying: true
        case .idle, .catchingUp, .claiming, .confirming, .backingOff: false
        }
    }

    /// Whether the partition's streams can be read here: it decides commands, or does not only because the log's storage takes nothing. The
    /// log said so, so nothing is in flight, and what it has accounted for is all that it knows of.
    public var isReadable: Bool { isOwner || outage?.code == .storage && phase != .idle && folding == nil && unfolded == nil }

    /// Whether it has nothing to do with the partition: neither writes it nor is about to.
    public var isIdle: Bool { phase == .idle }

    /// Whether it reads up to claim the partition for the first time; its claim is not under way yet.
    public var isPreparing: Bool {
        switch phase {
        case .catchingUp(.assignment, _, _), .backingOff(.assignment): true
        default: false
        }
    }

    /// Commands without an answer.
    public var queueDepth: Int { unanswered }

    /// Whether the state store has all that is acknowledged.
    public var isSaved: Bool { unsavedCommits == 0 && saving == nil }

    /// The stream's acknowledged commits that its state store may not have yet.
    public func unsavedCommits(of stream: StreamID) -> [CommitReference] { streams[stream]?.unsaved ?? [] }

    /// What an answer that is given now rests on.
    var settledPosition: LogPosition { LogPosition(partition, settled) }

    mutating func answer(_ waiting: WaitingCommand, _ outcome: CommandOutcome) {
        unanswered -= 1
        actions.append(.answer(waiting.ticket, outcome))
    }
}
