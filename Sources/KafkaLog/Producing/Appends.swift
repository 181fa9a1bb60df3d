import EventLog
import EventModel
import Synchronization

/// A producer's appends: sends them in the order of the calls, and reports them in that order whatever order librdkafka tells of them.
///
/// Reports are called by the client's thread alone, and once that has ended by whoever appends.
final class Appends: Sendable {
    private struct State {
        var client: ProducerClient?
        var queue = ReportQueue()
        /// Not sent yet, since it is not known whether the partition exists; and what came behind it.
        var waiting: [(ticket: Int, record: LogRecord, partition: TopicPartition)] = []
        var waitingBytes = 0
        /// The partition that was sent to last: most producers know but one.
        var lastPartition: TopicPartition?
        var isClosed = false
        var isEnded = false
        /// Why nothing more is stored for this producer.
        var failure: LogError?
    }

    private enum Next {
        case nothing, wake, purge
        case check(TopicPartition)
        case refuse(LogError)
    }

    private let catalog: TopicCatalog
    private let batches: BatchLimit
    private let state = Mutex(State())
    /// Once every report has been called.
    let ended = Completion()
    private static let maximumWaitingBytes = 64 << 20

    init(catalog: TopicCatalog, batches: BatchLimit) {
        self.catalog = catalog
        self.batches = batches
    }

    func start(with client: ProducerClient) { state.withLock { $0.client = client } }

    var areReported: Bool { state.withLock { $0.queue.isEmpty } }

    func append(
        _ record: LogRecord, to partition: TopicPartition, report: @escaping @Sendable (Result<Offset, LogError>) -> Void
    ) {
        let next: Next = state.withLock { state in
            if state.isEnded { return .refuse(Self.closed(partition)) }
            let ticket = state.queue.add(report)
            if state.isClosed {
                state.queue.settle(ticket, .failed(Self.closed(partition)))
                return .wake
            }
            if let failure = state.failure {
                state.queue.settle(ticket, .failed(Self.abandoned(partition, after: failure)))
                return .wake
            }
            if state.waiting.isEmpty, isKnown(partition, &state) { return send(record, to: partition, ticket, &state) }
            guard state.waitingBytes < Self.maximumWaitingBytes else {
                fail(LogError(.unavailable, "cannot append to \(partition): too much waits for Kafka to answer already"), &state)
                state.queue.settle(ticket, .failed(Self.abandoned(partition, after: state.failure)))
                return .purge
            }
            state.waiting.append((ticket, record, partition))
            state.waitingBytes += record.key.count + record.value.count
            return state.waiting.count == 1 ? .check(partition) : .nothing
        }
        perform(next, report)
    }

    /// What librdkafka tells. On the client's thread.
    func take(_ deliveries: [ProducerClient.Delivery]) {
        let needsPurge = state.withLock { state in
            let failedBefore = state.failure != nil
            for delivery in deliveries {
                guard let error = delivery.error else {
                    state.queue.settle(delivery.ticket, .landed(Offset(delivery.offset)))
                    continue
                }
                if delivery.isPurged {
                    state.queue.settle(
                        delivery.ticket,
                        .failed(
                            LogError(state.isClosed ? .closed : state.failure?.code ?? .unavailable, "the append was given up: \(error)")))
                } else {
                    state.queue.settle(delivery.ticket, .failed(error))
                    if error.code != .recordTooLarge { fail(error, &state) }
                }
            }
            return state.failure != nil && !failedBefore
        }
        let refused = deliveries.filter { $0.error?.code == .recordTooLarge && !$0.isPurged }
        if refused.count > 1 { batches.wasRefused(refused.reduce(0) { $0 + $1.bytes }) }
        if needsPurge { client?.purge() }
        report()
    }

    /// Calls the reports that are due. On the client's thread.
    func report() {
        while true {
            let due = state.withLock { $0.queue.due() }
            guard !due.isEmpty else { return }
            for entry in due { entry.call() }
        }
    }

    /// From now on every append fails, and what is in flight is given up.
    func close() { state.withLock { $0.isClosed = true } }

    /// Fails what has had no report. On the client's thread, as the last thing.
    func end() {
        repeat {
            report()
            let isEnded = state.withLock { state in
                if state.queue.isEmpty {
                    state.isEnded = true
                    state.client = nil
                    state.waiting = []
                } else {
                    state.queue.settleAll(LogError(.closed, "the append was given up: the producer was closed"))
                }
                return state.isEnded
            }
            if isEnded { return ended.finish() }
        } while true
    }

    private var client: ProducerClient? { state.withLock { $0.client } }

    private func isKnown(_ partition: TopicPartition, _ state: inout State) -> Bool {
        if state.lastPartition == partition { return true }
        guard catalog.knows(partition) else { return false }
        state.lastPartition = partition
        return true
    }

    private func send(_ record: LogRecord, to partition: TopicPartition, _ ticket: Int, _ state: inout State) -> Next {
        guard let error = state.client?.send(record, to: partition, ticket: ticket) else { return .nothing }
        state.queue.settle(ticket, .failed(error))
        guard error.code != .recordTooLarge else { return .wake }
        fail(error, &state)
        return .purge
    }

    private func fail(_ error: LogError, _ state: inout State) {
        guard state.failure == nil else { return }
        state.failure = error
        for waiting in state.waiting {
            state.queue.settle(waiting.ticket, .failed(Self.abandoned(waiting.partition, after: error)))
        }
        state.waiting = []
        state.waitingBytes = 0
    }

    private func perform(_ next: Next, _ report: @Sendable (Result<Offset, LogError>) -> Void = { _ in }) {
        switch next {
        case .nothing: break
        case .wake: client?.client.wake()
        case .purge:
            client?.purge()
            client?.client.wake()
        case .check(let partition): catalog.check(partition) { [weak self] in self?.checked(partition, $0) }
        case .refuse(let error): report(.failure(error))
        }
    }

    /// Sends what waited for `partition`, up to the next one that is not known.
    private func checked(_ partition: TopicPartition, _ error: LogError?) {
        var nexts: [Next] = []
        state.withLock { state in
            if let error, error.isRetriable { fail(error, &state) }
            guard !state.isClosed, state.failure == nil else {
                // The client's end settles what waits.
                return nexts.append(.wake)
            }
            if error == nil { state.lastPartition = partition }
            var sent = 0
            for waiting in state.waiting {
                if let error, waiting.partition == partition {
                    state.queue.settle(waiting.ticket, .failed(error))
                } else if isKnown(waiting.partition, &state) {
                    let next = send(waiting.record, to: waiting.partition, waiting.ticket, &state)
                    if case .nothing = next {} else { nexts.append(next) }
                    if state.failure != nil { return }
                } else {
                    nexts.append(.check(waiting.partition))
                    break
                }
                state.waitingBytes -= waiting.record.key.count + waiting.record.value.count
                sent += 1
            }
            state.waiting.removeFirst(sent)
            nexts.append(.wake)
        }
        for next in nexts { perform(next) }
    }

    private static func closed(_ partition: TopicPartition) -> LogError {
        LogError(.closed, "cannot append to \(partition): the producer is closed")
    }

    private static func abandoned(_ partition: TopicPartition, after failure: LogError?) -> LogError {
        LogError(
            failure?.code == .timedOut ? .timedOut : .unavailable,
            "cannot append to \(partition): the producer failed before; close it and make a fresh one", underlying: failure)
    }
}
