public import EventLog
public import EventModel

extension PartitionWriter {
    /// Names a command's client until it is answered.
    public struct Ticket: Hashable, Sendable {
        public let number: UInt64

        public init(_ number: UInt64) { self.number = number }
    }

    /// Names a run of reading; what an abandoned one still delivers is ignored.
    public struct ReadingID: Hashable, Sendable {
        let number: Int
    }

    /// Names an append, with the producer that made it: what an abandoned producer still reports is ignored.
    public struct AppendID: Hashable, Sendable {
        enum Content: Hashable, Sendable {
            case claim(Epoch)
            case commit(CommitSequence)
        }

        let producer: Int
        let content: Content
    }

    /// Names a question to the state store about a stream; an answer that comes after nobody waits for it any more is ignored.
    public struct LookupID: Hashable, Sendable {
        let number: Int
        public let stream: StreamID
    }

    /// Names a look at the log's end; what comes of one that nobody waits for any more is ignored.
    public struct ConfirmationID: Hashable, Sendable {
        let number: Int
    }

    /// Something that has happened.
    public enum Input: Sendable {
        /// This instance should write the partition; its state store is the fold of `from`.
        case assigned(from: ChainPosition)
        case command(Command, Ticket)
        /// The client's deadline has passed.
        case expired(Ticket)
        /// What the state store has of a stream; nil where it has nothing.
        case loaded(LookupID, StoredStream?)
        /// The commit that the state store has for a command; nil where it has none.
        case found(LookupID, CommandID, CommitReference?)
        /// A question to the state store has failed, as clients are told.
        case lookupFailed(LookupID, String)
        /// The state store was opened again, as by another instance that is to write the partition. Nothing can be decided without it; the
        /// questions to it that are open are answered with the rest.
        case storeLost(String)
        /// The log's report on an append. Reports come in the order of the appends.
        case reported(AppendID, Result<Offset, LogError>)
        case read(ReadingID, ChainBatch)
        /// All of what was asked for has been read.
        case readEnded(ReadingID)
        case readFailed(ReadingID, LogError)
        /// The log's end, as it was some time after ``Action/confirm(_:)``.
        case confirmed(ConfirmationID, end: Offset)
        case confirmFailed(ConfirmationID, LogError)
        /// Nothing may be written to the partition, for the reason given.
        case halted(Reason)
        /// Time to look whether an owner without commands still is one.
        case check
        /// The bytes that the log takes in one record, key and value, as it has last told; nil where it does not tell.
        case recordLimit(Int?)
        /// Commits of other writers are in the state store, which is now the fold of the position.
        case folded(ChainPosition)
        case foldFailed(ChainPosition, Reason)
        case saved(ChainPosition)
        case saveFailed(ChainPosition)
        /// The pause that ``Action/backOff(attempt:)`` asked for is over.
        case backedOff
        /// Time passes; the state store may be brought up to date.
        case tick
    }

    /// Something to do, in the order given.
    public enum Action: Sendable {
        /// Append with the current producer, and report.
        case append(Record, AppendID)
        /// Abandon the producer, with all that it has in flight, and take a fresh one.
        case renewProducer
        /// Read the log behind `after`, up to `target`.
        case read(ReadingID, after: ChainPosition, target: ReadTarget)
        /// Ask the log for the partition's end.
        case confirm(ConfirmationID)
        /// Ask the state store for the stream.
        case load(LookupID)
        /// Ask the state store for the command's commit on the stream.
        case lookUp(LookupID, CommandID)
        case answer(Ticket, CommandOutcome)
        /// Read the commit back from the log and answer with it, as a replay.
        case replay(Ticket, StreamID, CommitReference)
        /// Fold other writers' commits into the state store, then say so. One at a time.
        case fold([ChainedRecord], ChainPosition)
        case save(SaveRequest)
        /// Pause, the longer the higher `attempt`, from 1.
        case backOff(attempt: Int)
        case becameOwner(Epoch)
        /// Another writer has taken the partition; nil where this one gave up, for the reason given.
        case steppedDown(by: Claim?, reason: Reason)
        /// The owner has lost its way and is claiming again.
        case recovering(LogError)
        /// Void records were passed over.
        case passedVoid(Int)
    }

    public enum ReadTarget: Hashable, Sendable {
        /// The partition's end as it is when the reading begins.
        case end
        /// The record at this offset, included.
        case through(Offset)
    }

    public struct Limits: Sendable {
        /// Commands without an answer; one more is refused as overloaded.
        public var unanswered = 10_000
        /// Commits without a report.
        public var inFlight = 1_024
        /// Streams kept in memory, beside those that must be.
        public var streams = 10_000
        /// Commits behind which the state store is brought up to date.
        public var commitsPerSave = 2_000
        /// Of an encoded commit.
        public var recordBytes = 16 << 20

        public init() {}
    }
}
