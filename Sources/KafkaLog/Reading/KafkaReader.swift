import EventLog
import Synchronization

final class KafkaReader: LogReader {
    private struct State {
        var isClosed = false
        /// After this nothing more can be read.
        var failure: LogError?
        /// Came behind records that were to be returned first.
        var pending: LogError?
        var isNudging = false
        /// Asked for while one was under way.
        var needsAnotherNudge = false
    }

    private let partition: TopicPartition
    private let clients: ReaderClients
    private let client: Client
    private let consumer: PartitionConsumer
    private let arrival: Arrival
    private let calls: BlockingCalls
    private let state = Mutex(State())

    /// - Parameter queuedBytes: how much is fetched ahead.
    init(
        _ partition: TopicPartition, from offset: Offset, queuedBytes: Int, clients: ReaderClients, calls: BlockingCalls
    ) throws(LogError) {
        let client = try clients.take(partition)
        let arrival = Arrival()
        do throws(LogError) {
            consumer = try PartitionConsumer(client, partition, from: offset, queuedBytes: queuedBytes, arrival: arrival)
        } catch {
            clients.release(partition, of: client)
            throw error
        }
        self.partition = partition
        self.clients = clients
        self.client = client
        self.arrival = arrival
        self.calls = calls
    }

    deinit {
        if !state.withLock({ $0.isClosed }) { Self.stop(consumer, arrival, partition, client, clients, calls) {} }
    }

    func next(maximumBytes: Int) async throws -> LogBatch {
        while true {
            try Task.checkCancellation()
            let (isClosed, failure) = state.withLock { ($0.isClosed, $0.failure ?? $0.pending.take()) }
            guard !isClosed else { throw LogError(.closed, "cannot read \(partition): the reader is closed") }
            if let failure { throw failure }
            let (batch, error) = consumer.drain(maximumBytes: maximumBytes)
            if let error { note(error) }
            if consumer.needsNudge() { nudge() }
            if let batch { return batch }
            if error == nil { try await arrival.wait() }
        }
    }

    func close() async {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        arrival.close()
        await withCheckedContinuation { continuation in
            Self.stop(consumer, arrival, partition, client, clients, calls) { continuation.resume() }
        }
    }

    private func note(_ error: LogError) {
        state.withLock { state in
            if error.code == .truncated { state.failure = error } else { state.pending = error }
        }
    }

    /// One at a time, off the cooperative pool.
    private func nudge() {
        let isFirst = state.withLock { state in
            state.needsAnotherNudge = state.isNudging
            defer { state.isNudging = true }
            return !state.isNudging
        }
        guard isFirst else { return }
        calls.enqueue { [consumer, weak self] in
            repeat { consumer.nudge() } while self?.wasAskedAgain() ?? false
        }
    }

    private func wasAskedAgain() -> Bool {
        state.withLock { state in
            state.isNudging = state.needsAnotherNudge
            state.needsAnotherNudge = false
            return state.isNudging
        }
    }

    private static func stop(
        _ consumer: PartitionConsumer, _ arrival: Arrival, _ partition: TopicPartition, _ client: Client, _ clients: ReaderClients,
        _ calls: BlockingCalls, then done: @escaping @Sendable () -> Void
    ) {
        calls.enqueue {
            consumer.stop()
            withExtendedLifetime(arrival) {}  // librdkafka signals it until here
            clients.release(partition, of: client)
            done()
        }
    }
}
