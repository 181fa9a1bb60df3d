import CoreMetrics
import EventLog
import EventModel
import Logging

/// Performs what one partition's ``PartitionWriter`` says: the thin shell around the machine.
actor PartitionOwner {
    let partition: TopicPartition
    private let log: any EventLog
    private let stores: any StateStoreProvider
    private let foldVersion: String
    /// Opened anew with each assignment: another process may have used the file in between.
    private var store: (any StateStore)?
    private let fold: StateFold
    private let environment: EngineEnvironment
    private let backoff = Backoff()
    private let metrics: WriterMetrics
    private let logger: Logger

    private var machine: PartitionWriter
    private var clients: [PartitionWriter.Ticket: Client] = [:]
    private var tickets: UInt64 = 0
    /// Who waits for the last answer.
    private var drained: [CheckedContinuation<Void, Never>] = []
    private let reports = ReportInbox()
    private var producer = Producer.none
    private var producers = 0
    private var loads: [PartitionWriter.LookupID] = []
    private var reading: Task<Void, Never>?
    private var tasks: [UInt64: Task<Void, Never>] = [:]
    private var nextTask: UInt64 = 0
    private var isStopped = false
    private var isAssigning = false
    /// Why it does not write, where it does not.
    private(set) var reason: String? = "the partition has not been claimed yet"

    private var hasSettled = false
    private var settling: [CheckedContinuation<Void, Never>] = []

    private struct Client {
        let continuation: CheckedContinuation<CommandOutcome, Never>
        let received: Timestamp
        let deadline: Timestamp
    }

    private enum Producer {
        case none
        /// Being made; what is to be appended waits.
        case coming(Int, waiting: [(Record, PartitionWriter.AppendID)])
        case ready(any LogProducer)
    }

    init(
        _ machine: PartitionWriter, log: any EventLog, stores: any StateStoreProvider, context: BoundedContext,
        environment: EngineEnvironment, metrics: WriterMetrics, logger: Logger
    ) {
        partition = machine.partition
        self.machine = machine
        self.log = log
        self.stores = stores
        foldVersion = context.foldVersion
        self.environment = environment
        self.metrics = metrics
        self.logger = logger
        fold = StateFold(context)
    }

    var isOwner: Bool { machine.isOwner }
    var queueDepth: Int { machine.queueDepth }

    func execute(_ command: Command, timeout: Duration) async -> CommandOutcome {
        guard !isStopped else { return .unavailable("this instance is shutting down") }
        let now = environment.now()
        return await withCheckedContinuation { continuation in
            tickets += 1
            let ticket = PartitionWriter.Ticket(tickets)
            clients[ticket] = Client(continuation: continuation, received: now, deadline: now.advanced(by: timeout))
            perform(machine.handle(.command(command, ticket), at: now))
        }
    }

    /// The hint that this instance should write the partition.
    func assign() async {
        guard !isStopped, !machine.isOwner, !isAssigning else { return }
        isAssigning = true
        defer { isAssigning = false }
        do {
            let opened = try await stores.open(partition, foldVersion: foldVersion)
            store = opened
            step(.assigned(from: try await position(of: opened)))
        } catch {
            reason = "\(error)"
            logger.error("cannot take \(partition); trying again", metadata: ["reason": "\(error)"])
            spawn { owner in
                try? await owner.environment.clock.sleep(for: owner.backoff.cap)
                await owner.assign()
            }
        }
    }

    /// Returns once the partition is this writer's, or has been refused to it.
    func settled() async {
        guard !hasSettled else { return }
        await withCheckedContinuation { settling.append($0) }
    }

    private func settle() {
        hasSettled = true
        for waiting in settling { waiting.resume() }
        settling = []
    }

    /// Time passes: deadlines, and the state store.
    func tick() {
        let now = environment.now()
        for (ticket, client) in clients where client.deadline <= now { step(.expired(ticket)) }
        step(.tick)
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

    /// A stream's commits from `version` on: where they stand in the log.
    func commits(of stream: StreamID, from version: StreamVersion, limit: Int) async throws -> [CommitReference] {
        let unsaved = machine.unsavedCommits(of: stream)
        let stored: [CommitReference]
        do {
            stored = try await openStore.commits(of: stream, from: version, limit: limit)
        } catch {
            noticeSuperseded(error)
            throw error
        }
        let last = stored.last?.lastVersion ?? .none
        let newer = unsaved.filter { $0.firstVersion > last && $0.lastVersion >= version }
        return Array((stored + newer).prefix(limit))
    }

    // MARK: Performing

    private func step(_ input: PartitionWriter.Input) {
        perform(machine.handle(input, at: environment.now()))
    }

    private func perform(_ actions: [PartitionWriter.Action]) {
        for action in actions {
            switch action {
            case .append(let record, let id): append(record, id)
            case .renewProducer: renewProducer()
            case .read(let id, let position, let target): read(id, after: position, target)
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
    }

    private func answer(_ ticket: PartitionWriter.Ticket, _ outcome: CommandOutcome) {
        guard let client = clients.removeValue(forKey: ticket) else { return }
        metrics.answered(outcome, microseconds: environment.now().microseconds - client.received.microseconds)
        client.continuation.resume(returning: outcome)
        guard clients.isEmpty else { return }
        for waiting in drained { waiting.resume() }
        drained = []
    }

    private func append(_ record: Record, _ id: PartitionWriter.AppendID) {
        switch producer {
        case .ready(let producer): send(record, id, producer)
        case .coming(let number, let waiting): producer = .coming(number, waiting: waiting + [(record, id)])
        case .none: reported([(id, .failure(LogError(.unavailable, "there is no producer for \(partition)")))])
        }
    }

    private func send(_ record: Record, _ id: PartitionWriter.AppendID, _ producer: any LogProducer) {
        let key = record.commit.map { Bytes($0.stream.description.utf8) } ?? []
        producer.append(LogRecord(key: key, value: Bytes(record.encoded)), to: partition) { [reports, weak self] result in
            guard reports.add((id, result)) else { return }
            Task { await self?.drainReports() }
        }
    }

    private func drainReports() { reported(reports.drain()) }

    private func reported(_ reports: [ReportInbox.Report]) {
        for report in reports { step(.reported(report.append, report.result)) }
    }

    private func renewProducer() {
        if case .ready(let old) = producer { spawn { _ in await old.close() } }
        producers += 1
        let number = producers
        producer = .coming(number, waiting: [])
        spawn { owner in
            do {
                await owner.producerReady(number, .success(try await owner.log.makeProducer()))
            } catch {
                await owner.producerReady(number, .failure(LogError(wrapping: error, "no producer for \(owner.partition) can be made")))
            }
        }
    }

    private func producerReady(_ number: Int, _ result: Result<any LogProducer, LogError>) async {
        guard case .coming(number, let waiting) = producer else {
            if case .success(let late) = result { await late.close() }
            return
        }
        switch result {
        case .success(let made):
            producer = .ready(made)
            for (record, id) in waiting { send(record, id, made) }
        case .failure(let error):
            producer = .none
            reported(waiting.map { ($0.1, .failure(error)) })
        }
    }

    private func pause(_ attempt: Int) {
        let delay = backoff.delay(attempt: attempt, jitter: environment.jitter())
        spawn { owner in
            try? await owner.environment.clock.sleep(for: delay)
            await owner.step(.backedOff)
        }
    }

    // MARK: The log

    private func read(_ id: PartitionWriter.ReadingID, after position: ChainPosition, _ target: PartitionWriter.ReadTarget) {
        reading?.cancel()
        reading = Task { [partition] in
            do {
                try await self.readThrough(id, after: position, target)
            } catch is CancellationError {
                // Another reading has taken its place.
            } catch {
                self.step(.readFailed(id, LogError(wrapping: error, "\(partition) cannot be read")))
            }
        }
    }

    private func readThrough(
        _ id: PartitionWriter.ReadingID, after position: ChainPosition, _ target: PartitionWriter.ReadTarget
    ) async throws {
        let end =
            switch target {
            case .end: try await log.bounds(of: partition).upperBound
            case .through(let offset): offset.next
            }
        if position.offset.next < end {
            let reader = try await ChainReader(log, partition, after: position)
            do {
                var next = position.offset.next
                while next < end {
                    let batch = try await reader.next()
                    try Task.checkCancellation()
                    next = batch.next
                    step(.read(id, batch))
                    await folding?.value  // back pressure: the state store keeps pace
                }
                await reader.close()
            } catch {
                await reader.close()
                throw error
            }
        }
        step(.readEnded(id))
    }

    private func replay(_ ticket: PartitionWriter.Ticket, _ stream: StreamID, _ reference: CommitReference) {
        spawn { owner in
            let outcome: CommandOutcome
            do {
                let commit = try await owner.log.commit(owner.partition, reference)
                outcome = .committed(
                    CommitReceipt(
                        stream: stream, firstVersion: commit.firstVersion, position: LogPosition(owner.partition, reference.offset),
                        events: commit.events, isReplay: true))
            } catch {
                outcome = .unavailable("the command was committed before, but its outcome cannot be read back: \(error)")
            }
            await owner.answer(ticket, outcome)
        }
    }

    // MARK: The state store

    private var folding: Task<Void, Never>?
    private var saving: Task<Void, Never>?

    private var openStore: any StateStore {
        get throws {
            guard let store else { throw LogError(.unavailable, "\(partition) has not been assigned to this instance") }
            return store
        }
    }

    /// The store's position; the beginning, having emptied it, where the log does not hold that position.
    private func position(of store: any StateStore) async throws -> ChainPosition {
        let position = try await store.position()
        guard position != .beginning else { return position }
        do {
            let reader = try await ChainReader(log, partition, after: position)
            do {
                _ = try await reader.next(maximumBytes: 1)
                await reader.close()
                return position
            } catch {
                await reader.close()
                throw error
            }
        } catch let error as LogError where error.code == .truncated {
            logger.warning("the state store is not of this log; it is rebuilt from offset zero", metadata: ["reason": "\(error)"])
            try await store.reset()
            return .beginning
        }
    }

    private func load(_ lookup: PartitionWriter.LookupID) {
        loads.append(lookup)
        guard loads.count == 1 else { return }
        spawn { await $0.loadWaiting() }
    }

    /// Loads in one read what has come together since the last.
    private func loadWaiting() async {
        while !loads.isEmpty {
            let lookups = loads
            do {
                let found = try await openStore.streams(lookups.map(\.stream))
                loads.removeFirst(lookups.count)
                for lookup in lookups { step(.loaded(lookup, found[lookup.stream])) }
            } catch {
                loads.removeFirst(lookups.count)
                if noticeSuperseded(error) { continue }
                for lookup in lookups { step(.lookupFailed(lookup, "the state store cannot be read: \(error)")) }
            }
        }
    }

    private func lookUp(_ lookup: PartitionWriter.LookupID, _ command: CommandID) {
        spawn { owner in
            do {
                await owner.step(.found(lookup, command, try await owner.openStore.commit(of: command, on: lookup.stream)))
            } catch {
                if await owner.noticeSuperseded(error) { return }
                await owner.step(.lookupFailed(lookup, "the state store cannot be read: \(error)"))
            }
        }
    }

    private func foldIntoStore(_ records: [ChainedRecord], _ position: ChainPosition) {
        folding = Task {
            do {
                let store = try openStore
                let stored = try await store.streams(fold.streams(of: records))
                try await store.save(try fold.batch(records, onto: stored, position: position))
                step(.folded(position))
            } catch {
                step(.foldFailed(position, "the state store cannot follow the log: \(error)"))
            }
        }
    }

    private func save(_ request: SaveRequest) {
        saving = Task {
            do {
                try await openStore.save(request.encoded())
                saving = nil
                step(.saved(request.position))
            } catch {
                saving = nil
                step(.saveFailed(request.position))
                if noticeSuperseded(error) { return }
                logger.warning("the state store cannot be written; a restart takes longer", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Whether the error says that the store was opened again, as by another process; the machine then finds out whose the partition is.
    @discardableResult
    private func noticeSuperseded(_ error: any Error) -> Bool {
        guard let error = error as? StateStoreError, error.code == .superseded else { return false }
        step(.storeSuperseded("\(error)"))
        return true
    }

    // MARK: What the machine tells

    private func becameOwner(_ epoch: Epoch) {
        reason = nil
        settle()
        metrics.claims.increment()
        logger.info("writing \(partition)", metadata: ["epoch": "\(epoch)"])
    }

    private func steppedDown(_ claim: Claim?, _ why: String) {
        reason = why
        settle()
        guard claim == nil else {
            logger.error("deposed: another writer has taken \(partition); this one has stopped writing it", metadata: ["reason": "\(why)"])
            return
        }
        logger.error("stopped writing \(partition); claiming it again", metadata: ["reason": "\(why)"])
        spawn { owner in
            try? await owner.environment.clock.sleep(for: owner.backoff.cap)
            await owner.assign()
        }
    }

    private func recovering(_ error: LogError) {
        metrics.recoveries.increment()
        reason = error.message
        logger.warning("lost track of \(partition); claiming it again", metadata: ["reason": "\(error)"])
    }

    private func passedVoid(_ count: Int) {
        metrics.voids.increment(by: count)
        logger.notice("passed over void records", metadata: ["partition": "\(partition)", "count": "\(count)"])
    }

    private func spawn(_ work: @escaping @Sendable (PartitionOwner) async -> Void) {
        nextTask += 1
        let id = nextTask
        tasks[id] = Task { [weak self] in
            guard let self else { return }
            await work(self)
            await self.finished(id)
        }
    }

    private func finished(_ id: UInt64) { tasks[id] = nil }
}

extension Record {
    fileprivate var commit: Commit? { if case .commit(let commit) = self { commit } else { nil } }
}

extension LogError {
    /// The error itself where it is one, else as the cause of an unavailable log.
    init(wrapping error: any Error, _ message: String) {
        self = error as? LogError ?? LogError(.unavailable, message, underlying: error)
    }
}
