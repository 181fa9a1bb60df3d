import EventLog
import EventModel
import WriteModel

/// A partition writer on the bench: a log that does just what a test says, and the writer's actions as short texts.
///
/// `append c1 1.2 v3` is a commit of epoch 1, sequence 2 that begins at version 3; `7: …` answers ticket 7.
struct WriterBench {
    static let partition = TopicPartition("counters", Partition(0))

    var writer: PartitionWriter
    private(set) var entries: [(record: Record, isValid: Bool, chain: ChainRule)] = []
    private var chain = ChainRule()
    /// What the current producer has appended and the log has not stored.
    private(set) var wire: [(record: Record, id: PartitionWriter.AppendID)] = []
    /// Of producers before.
    private(set) var zombies: [Record] = []
    private(set) var reading: (id: PartitionWriter.ReadingID, after: ChainPosition)?
    /// Questions to the state store, oldest first.
    private var lookups: [(id: PartitionWriter.LookupID, command: CommandID?)] = []
    private(set) var saves: [SaveRequest] = []
    /// The log has been asked for its end.
    private(set) var confirmation: PartitionWriter.ConfirmationID?

    init(writer: String = "a", partitions: Int = 1, limits: PartitionWriter.Limits = .init()) {
        self.writer = PartitionWriter(
            Self.partition, of: partitions, context: BoundedContext("counters", categories: [CounterDecider.category]), writer: writer,
            limits: limits)
    }

    /// A writer that owns an empty partition with epoch 1, its claim at offset 0.
    static func owning(limits: PartitionWriter.Limits = .init()) -> WriterBench {
        var bench = WriterBench(limits: limits)
        bench.feed(.assigned(from: .beginning))
        bench.readAll()
        bench.land()
        bench.readAll()
        return bench
    }

    @discardableResult
    mutating func feed(_ input: PartitionWriter.Input) -> [String] {
        writer.handle(input, at: Timestamp(microseconds: 0)).map { action in
            switch action {
            case .append(let record, let id):
                wire.append((record, id))
                return switch record {
                case .claim(let claim): "claim \(claim.epoch)"
                case .commit(let commit): "append \(commit.commandID) \(commit.epoch).\(commit.sequence) v\(commit.firstVersion)"
                }
            case .renewProducer:
                zombies += wire.map(\.record)
                wire.removeAll()
                return "renew"
            case .read(let id, let position, let target):
                reading = (id, position)
                return switch target {
                case .end: "read to the end"
                case .through(let offset): "read through \(offset)"
                }
            case .load(let lookup):
                lookups.append((lookup, nil))
                return "load \(lookup.stream.key)"
            case .lookUp(let lookup, let command):
                lookups.append((lookup, command))
                return "look up \(command)"
            case .confirm(let id):
                confirmation = id
                return "confirm"
            case .answer(let ticket, let outcome): return "\(ticket.number): \(Self.text(outcome))"
            case .replay(let ticket, _, let commit): return "\(ticket.number): replay @\(commit.offset)"
            case .fold(let records, _): return "fold " + records.map { "@\($0.offset)" }.joined(separator: " ")
            case .save(let request):
                saves.append(request)
                return "save @\(request.position.offset)"
            case .backOff(let attempt): return "back off \(attempt)"
            case .becameOwner(let epoch): return "own \(epoch)"
            case .steppedDown(let claim, _): return claim.map { "deposed by \($0.writer)" } ?? "give up"
            case .recovering: return "recover"
            case .passedVoid(let count): return "\(count) void"
            }
        }
    }

    /// A command; the stream must have been loaded unless the test wants otherwise.
    @discardableResult
    mutating func command(
        _ id: String, _ command: CounterDecider.Command = .add(1), on stream: String = "s", expected: ExpectedVersion = .any,
        ticket: UInt64
    ) throws -> [String] {
        feed(
            .command(
                Command(
                    id: CommandID(trusted: id), stream: StreamID(trusted: "counter/\(stream)"),
                    payload: try CounterDecider.payload(command), expected: expected), .init(ticket)))
    }

    /// The state store answers the oldest load with what it has.
    @discardableResult
    mutating func load(_ stored: StoredStream? = nil) -> [String] {
        guard let lookup = takeLookup() else { return ["no question"] }
        return feed(.loaded(lookup.id, stored))
    }

    /// The state store answers the oldest look-up.
    @discardableResult
    mutating func find(_ commit: CommitReference?) -> [String] {
        guard let lookup = takeLookup(), let command = lookup.command else { return ["no question"] }
        return feed(.found(lookup.id, command, commit))
    }

    @discardableResult
    mutating func failLookup() -> [String] {
        guard let lookup = takeLookup() else { return ["no question"] }
        return feed(.lookupFailed(lookup.id, "broken"))
    }

    /// The next record on the wire is stored; the report comes unless it is lost.
    @discardableResult
    mutating func land(reported: Bool = true) -> [String] {
        guard let sent = wire.first else { return ["nothing on the wire"] }
        wire.removeFirst()
        let offset = store(sent.record)
        return reported ? feed(.reported(sent.id, .success(offset))) : []
    }

    /// The next record's report says that it failed.
    @discardableResult
    mutating func fail(_ code: LogError.Code = .timedOut) -> [String] {
        guard let sent = wire.first else { return ["nothing on the wire"] }
        wire.removeFirst()
        return feed(.reported(sent.id, .failure(LogError(code, "failed"))))
    }

    /// The log cannot tell its end.
    @discardableResult
    mutating func failConfirmation(_ code: LogError.Code = .unavailable) -> [String] {
        guard let id = takeConfirmation() else { return ["no question"] }
        return feed(.confirmFailed(id, LogError(code, "failed")))
    }

    /// The log tells its end as it is now.
    @discardableResult
    mutating func confirm() -> [String] {
        guard let id = takeConfirmation() else { return ["no question"] }
        return feed(.confirmed(id, end: Offset(Int64(entries.count))))
    }

    mutating func takeConfirmation() -> PartitionWriter.ConfirmationID? {
        defer { confirmation = nil }
        return confirmation
    }

    mutating func takeLookup() -> (id: PartitionWriter.LookupID, command: CommandID?)? {
        lookups.isEmpty ? nil : lookups.removeFirst()
    }

    /// Stores a record, of this writer's past or of another.
    @discardableResult
    mutating func store(_ record: Record) -> Offset {
        let isValid = chain.admit(record.header)
        entries.append((record, isValid, chain))
        return Offset(Int64(entries.count - 1))
    }

    /// Another writer's claim.
    mutating func storeClaim(by writer: String, partitions: Int32 = 1) {
        store(.claim(Claim(epoch: chain.epoch.next, writer: writer, at: Timestamp(microseconds: 0), partitions: partitions)))
    }

    /// Another writer's commit, valid in the newest epoch.
    mutating func storeCommit(_ id: String, on stream: String = "s", version: Int64) throws {
        store(
            .commit(
                Commit(
                    epoch: chain.epoch, sequence: chain.sequence.next, stream: StreamID(trusted: "counter/\(stream)"),
                    firstVersion: StreamVersion(version), commandID: CommandID(trusted: id),
                    commandDigest: try CounterDecider.payload(.add(1)).digest.storedBytes, at: Timestamp(microseconds: 0),
                    events: [EncodedEvent(type: "counter.added.v1", data: [0])])))
    }

    /// The reading under way delivers all there is, in one batch, and ends.
    @discardableResult
    mutating func readAll() -> [String] {
        guard let reading else { return [] }
        return read() + feed(.readEnded(reading.id))
    }

    /// The reading under way delivers what there is up to `offset`, in one batch.
    @discardableResult
    mutating func read(through offset: Int? = nil) -> [String] {
        guard let reading else { return [] }
        let first = Int(reading.after.offset.rawValue) + 1
        let through = offset ?? entries.count - 1
        guard first <= through else { return [] }
        var position = reading.after
        var records: [ChainedRecord] = []
        for index in first...through where entries[index].isValid {
            position = ChainPosition(offset: Offset(Int64(index)), chain: entries[index].chain)
            records.append(
                ChainedRecord(offset: position.offset, storedAt: Timestamp(microseconds: 0), record: entries[index].record))
        }
        self.reading = (reading.id, position)
        return feed(
            .read(
                reading.id,
                ChainBatch(
                    records: records, position: position, next: Offset(Int64(through + 1)), end: Offset(Int64(entries.count)),
                    voids: through - first + 1 - records.count)))
    }

    @discardableResult
    mutating func endReading() -> [String] { reading.map { feed(.readEnded($0.id)) } ?? [] }

    /// The position of the valid record at `offset`.
    func position(_ offset: Int) -> ChainPosition {
        guard entries.indices.contains(offset) else { return .beginning }
        return ChainPosition(offset: Offset(Int64(offset)), chain: entries[offset].chain)
    }

    static func text(_ outcome: CommandOutcome) -> String {
        switch outcome {
        case .committed(let receipt): "\(receipt.isReplay ? "replayed" : "committed") v\(receipt.firstVersion) @\(receipt.position.offset)"
        case .unchanged(let version, let position): "unchanged v\(version) @\(position.offset)"
        case .conflict(_, let actual): "conflict v\(actual)"
        case .refused(let refusal, let version): "\(refusal.name) v\(version)"
        case .idempotencyKeyReused: "reused"
        case .tooLarge: "too large"
        case .overloaded: "overloaded"
        case .notOwner: "not owner"
        case .unavailable: "unavailable"
        case .unknown: "unknown"
        }
    }
}
