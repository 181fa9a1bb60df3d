import CoreMetrics
import EventLog
import EventModel
import Logging

/// Performs what one partition's ``PartitionWriter`` says: the thin shell around the machine.
actor PartitionOwner {
    let partition: TopicPartition
    let log: any EventLog
    let readBack: ReadBack
    let stores: any StateStoreProvider
    let foldVersion: String
    /// Opened anew with each assignment: another process may have used the file in between.
    var store: (any StateStore)?
    /// The store's file was removed or replaced. No rival has opened it, so it is opened again at once.
    var isStoreDisplaced = false
    let fold: StateFold
    let environment: EngineEnvironment
    let backoff = Backoff()
    let metrics: WriterMetrics
    let logger: Logger

    var machine: PartitionWriter
    var clients: [PartitionWriter.Ticket: Client] = [:]
    var tickets: UInt64 = 0
    /// Who waits for the last answer.
    var drained: [CheckedContinuation<Void, Never>] = []
    let reports = ReportInbox()
    var producer = Producer.none
    var producers = 0
    var loads: [PartitionWriter.LookupID] = []
    /// Lookups of streams that the store does not hold, to be answered once all that is being performed has been: the machine's actions
    /// are performed in its order.
    var newStreams: [PartitionWriter.LookupID] = []
    private var isPerforming = false
    var reading: Task<Void, Never>?
    var tasks: [UInt64: Task<Void, Never>] = [:]
    var nextTask: UInt64 = 0
    /// Other writers' commits going into the state store.
    var folding: Task<Void, Never>?
    var saving: Task<Void, Never>?
    var isStopped = false
    /// Claims no more.
    var isLeaving = false
    var isAssigning = false
    /// Whether the newest hint is that this instance should write the partition.
    var isWanted = false
    /// Why it must not write, for the time being.
    var halted: Reason?
    private var nextCheck = Timestamp(microseconds: 0)
    private let checkInterval: Duration
    private let routing: PartitionRouting
    /// The claim by which another has taken the partition from this instance, until this one takes it again.
    private(set) var successor: Claim?
    /// Shared by the partitions: for readings that take long.
    let turns: Turns
    /// Why it does not write, where it does not, as it was told last.
    var told: Reason? = "the partition has not been claimed yet"
    /// How far the reading before a claim has come.
    var progress: ReadingProgress?

    /// Who waits for records that another may have written.
    var readers: [(offset: Offset, deadline: Timestamp, continuation: CheckedContinuation<Bool, Never>)] = []

    var hasSettled = false
    var settling: [CheckedContinuation<Void, Never>] = []

    struct Client {
        let continuation: CheckedContinuation<CommandOutcome, Never>
        let received: Timestamp
        let deadline: Timestamp
    }

    init(
        _ machine: PartitionWriter, log: any EventLog, readBack: ReadBack, stores: any StateStoreProvider, context: BoundedContext,
        environment: EngineEnvironment, checkInterval: Duration, routing: PartitionRouting, turns: Turns, metrics: WriterMetrics,
        logger: Logger
    ) {
        partition = machine.partition
        self.machine = machine
        self.log = log
        self.readBack = readBack
        self.stores = stores
        foldVersion = context.foldVersion
        self.environment = environment
        self.checkInterval = checkInterval
        self.routing = routing
        self.turns = turns
        self.metrics = metrics
        self.logger = logger
        fold = StateFold(context)
    }

    var isOwner: Bool { machine.isOwner }
    /// How far it has come, where it reads the partition in order to write it for the first time.
    var readingAhead: ReadingProgress? { machine.isPreparing ? progress : nil }
    /// Why it does not write, where it does not.
    var reason: Reason? { readingAhead.map { "reading \(partition): \("\($0)")" } ?? told }
    /// Neither writes the partition nor is about to.
    var isIdle: Bool { machine.isIdle && (!isAssigning || isLeaving) }
    /// Of the claim by which it writes the partition; nil where it does not.
    var ownEpoch: Epoch? { machine.isOwner ? machine.epoch : nil }
    /// Whether the log has said that its file is not the one at its path any more.
    var isLogDisplaced: Bool { machine.outage?.code == .displaced }
    var queueDepth: Int { machine.queueDepth }
    /// About to write the partition.
    var isClaiming: Bool { !isLeaving && (isAssigning || !machine.isIdle && !machine.isOwner) }

    func execute(_ command: Command, timeout: Duration) async -> CommandOutcome {
        if let halted { return .unavailable(halted.told) }
        if routing.isForwarding {
            // Another instance can decide it now, and this one only later or never.
            if machine.isIdle || machine.isPreparing && routing.isOwnedElsewhere(partition) { return .notOwner }
        }
        guard !isStopped else { return .unavailable("this instance is shutting down") }
        if let readingAhead, readingAhead.isLong {
            return .unavailable("this instance is still reading \(partition): \(readingAhead); nothing happened, send it again later")
        }
        let now = environment.now()
        return await withCheckedContinuation { continuation in
            tickets += 1
            let ticket = PartitionWriter.Ticket(tickets)
            clients[ticket] = Client(continuation: continuation, received: now, deadline: now.advanced(by: timeout))
            perform(machine.handle(.command(command, ticket), at: now))
        }
    }

    /// The hint that this instance should write the partition, by the group or by an owner that wants to leave. Without effect while it
    /// writes it, or is about to.
    func assign() {
        guard !isStopped, !isLeaving else { return }
        isWanted = true
        spawn { await $0.take() }
    }

    private func take(isAgain: Bool = false) async {
        guard !isStopped, !isLeaving, halted == nil, machine.isIdle, !isAssigning else { return }
        isAssigning = true
        defer { isAssigning = false }
        do {
            if isAgain, let claim = try await successorsClaim() {
                steppedDown(claim, machine.reason(of: claim))
                return
            }
            guard isWanted || !isAgain else {
                // Not this instance's to take, and who has it has yet to be found out.
                if machine.epoch > .zero { assignLater(after: backoff.cap) }
                return
            }
            let opened = try await stores.open(partition, foldVersion: foldVersion)
            store = opened
            isStoreDisplaced = false
            let position = try await position(of: opened)
            guard !isStopped, !isLeaving, halted == nil else { return }
            step(.assigned(from: position))
        } catch {
            guard !isStopped, !isLeaving else { return }
            told = Reason(error)
            logger.error("cannot take \(partition); trying again", metadata: ["reason": "\(error)"])
            assignLater(after: backoff.cap)
        }
    }

    /// The hint that another instance should write the partition. This one goes on until the other has claimed it.
    func unassign() { isWanted = false }

    private func assignLater(after delay: Duration) {
        spawn { owner in
            try? await owner.environment.clock.sleep(for: delay)
            await owner.take(isAgain: true)
        }
    }

    /// The claim by which another has taken the partition since this writer had it. Looked for before the state store is opened, which would
    /// take that from whoever opened it in order to claim.
    private func successorsClaim() async throws -> Claim? {
        guard machine.epoch > .zero else { return nil }
        do {
            return try await log.claims(of: partition, after: machine.position).last { $0.writer != machine.writer }
        } catch let error as LogError where error.code == .truncated {
            return nil  // another log: the state store is made anew for it
        }
    }

    /// From now on it claims nothing that it has not begun to claim.
    func leave() { isLeaving = true }

    /// Looks whether the partition is still this writer's.
    func check() { step(.check) }

    /// Returns once the partition is this writer's, or has been refused to it.
    func settled() async {
        guard !hasSettled else { return }
        await withCheckedContinuation { settling.append($0) }
    }

    func settle() {
        hasSettled = true
        for waiting in settling { waiting.resume() }
        settling = []
    }

    /// Time passes: deadlines, and the state store.
    func tick() {
        let now = environment.now()
        if !readers.isEmpty {
            answerReaders(at: now)
            // A look that was under way may have begun before the record landed.
            if !readers.isEmpty { check() }
        }
        for (ticket, client) in clients where client.deadline <= now { step(.expired(ticket)) }
        step(.tick)
        if now >= nextCheck {
            nextCheck = now.advanced(by: checkInterval)
            check()
        }
        metrics.queueDepth.record(machine.queueDepth)
    }

    /// Takes no more commands, and returns when those taken have their answers; their deadlines bound it.
    func drain() async {
        isStopped = true
        guard !clients.isEmpty else { return }
        await withCheckedContinuation { drained.append($0) }
    }

    /// Ends it: whoever still waits is told that the outcome is unknown.
    func stop() async {
        isStopped = true
        settle()
        answerReaders()
        for ticket in clients.keys { answer(ticket, .unknown) }
        reading?.cancel()
        for task in tasks.values { task.cancel() }
        if case .ready(let producer) = producer { await producer.close() }
        producer = .none
    }

    /// Brings the state store up to date, for a fast start next time.
    func saveAll() async {
        step(.tick)
        await saving?.value
        step(.tick)  // what came while the first was under way
        await saving?.value
    }

    // MARK: Performing

    func step(_ input: PartitionWriter.Input) {
        perform(machine.handle(input, at: environment.now()))
    }

    func perform(_ actions: [PartitionWriter.Action]) {
        let isOutermost = !isPerforming
        isPerforming = true
        for action in actions { perform(action) }
        guard isOutermost else { return }
        // Nothing has been awaited since the store was asked.
        while !newStreams.isEmpty {
            let lookups = newStreams
            newStreams = []
            let now = environment.now()
            for lookup in lookups {
                for action in machine.handle(.loaded(lookup, nil), at: now) { perform(action) }
            }
        }
        isPerforming = false
        if !readers.isEmpty { answerReaders() }
    }

    private func perform(_ action: PartitionWriter.Action) {
        switch action {
        case .append(let record, let id): append(record, id)
        case .renewProducer: renewProducer()
        case .read(let id, let position, let target): read(id, after: position, target)
        case .confirm(let id): confirm(id)
        case .load(let lookup): load(lookup)
        case .lookUp(let lookup, let command): lookUp(lookup, command)
        case .answer(let ticket, let outcome): answer(ticket, outcome)
        case .replay(let ticket, let stream, let commit): replay(ticket, stream, commit)
        case .fold(let records, let position): foldIntoStore(records, position)
        case .save(let request): save(request)
        case .backOff(let attempt): pause(attempt)
        case .becameOwner(let epoch): becameOwner(epoch)
        case .steppedDown(let claim, let reason): steppedDown(claim, reason)
        case .recovering(let error): recovering(error)
        case .passedVoid(let count): passedVoid(count)
        }
    }

    func answer(_ ticket: PartitionWriter.Ticket, _ outcome: CommandOutcome) {
        guard let client = clients.removeValue(forKey: ticket) else { return }
        metrics.answered(outcome, microseconds: environment.now().microseconds - client.received.microseconds)
        client.continuation.resume(returning: outcome)
        guard clients.isEmpty else { return }
        for waiting in drained { waiting.resume() }
        drained = []
    }

    // MARK: What the machine tells

    func becameOwner(_ epoch: Epoch) {
        told = nil
        successor = nil
        settle()
        routing.won(partition, epoch)
        metrics.claims.increment()
        logger.info("writing \(partition)", metadata: ["epoch": "\(epoch)"])
    }

    func steppedDown(_ claim: Claim?, _ why: Reason) {
        told = why
        successor = claim
        settle()
        routing.lost(partition, isDeposed: claim != nil)
        guard claim == nil else {
            // A coordinator that still wants this instance to write the partition says so again.
            let isExpected = isLeaving || !isWanted
            logger.log(
                level: isExpected ? .info : .error, "deposed: another writer has taken \(partition); this one has stopped writing it",
                metadata: ["reason": "\(why.full)"])
            isWanted = false
            return
        }
        guard isWanted, !isLeaving, halted == nil else {
            logger.warning("stopped writing \(partition)", metadata: ["reason": "\(why.full)"])
            // Looks who has taken it, for those who ask why this instance does not write it.
            if machine.epoch > .zero { assignLater(after: backoff.cap) }
            return
        }
        logger.error("stopped writing \(partition); claiming it again", metadata: ["reason": "\(why.full)"])
        assignLater(after: isStoreDisplaced ? backoff.base : backoff.cap)
    }

    func recovering(_ error: LogError) {
        metrics.recoveries.increment()
        told = Reason(told: error.explanation, full: error.message)
        logger.warning("lost track of \(partition); claiming it again", metadata: ["reason": "\(error)"])
    }

    func passedVoid(_ count: Int) {
        metrics.voids.increment(by: count)
        logger.notice("passed over void records", metadata: ["partition": "\(partition)", "count": "\(count)"])
    }

    func spawn(_ work: @escaping @Sendable (PartitionOwner) async -> Void) {
        nextTask += 1
        let id = nextTask
        tasks[id] = Task { [weak self] in
            guard let self else { return }
            await work(self)
            await self.finished(id)
        }
    }

    func finished(_ id: UInt64) { tasks[id] = nil }
}
