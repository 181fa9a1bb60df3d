import EventLog
import Logging
import Synchronization

/// The clients that readers share. One client of librdkafka fetches a partition only once at a time, so a second reader of a partition
/// needs a second client.
final class ReaderClients: Sendable {
    private struct Slot {
        let client: Client
        var partitions: Set<TopicPartition> = []
    }

    private let settings: ClientSettings
    private let logger: Logger
    private let statistics: KafkaMetrics
    private let slots = Mutex<(slots: [Slot], isClosed: Bool)>(([], false))
    /// So many clients without a reader are kept for the next ones.
    private static let maximumIdle = 4

    init(settings: ClientSettings, logger: Logger, statistics: KafkaMetrics) {
        self.settings = settings
        self.logger = logger
        self.statistics = statistics
    }

    /// A client that nobody reads `partition` with.
    func take(_ partition: TopicPartition) throws(LogError) -> Client {
        let result: Result<Client, LogError> = slots.withLock { state in
            guard !state.isClosed else { return .failure(LogError(.closed, "cannot read \(partition): the log is closed")) }
            if let index = state.slots.firstIndex(where: { !$0.partitions.contains(partition) }) {
                state.slots[index].partitions.insert(partition)
                return .success(state.slots[index].client)
            }
            do throws(LogError) {
                let client = try Client(.reader, settings: settings, logger: logger, statistics: statistics)
                state.slots.append(Slot(client: client, partitions: [partition]))
                return .success(client)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// To be called once the partition is fetched no more.
    func release(_ partition: TopicPartition, of client: Client) {
        let unneeded: Client? = slots.withLock { state in
            guard let index = state.slots.firstIndex(where: { $0.client === client }) else { return nil }
            state.slots[index].partitions.remove(partition)
            guard state.slots[index].partitions.isEmpty else { return nil }
            guard state.isClosed || state.slots.count(where: \.partitions.isEmpty) > Self.maximumIdle else { return nil }
            return state.slots.remove(at: index).client
        }
        unneeded?.stop()
    }

    /// Ends the clients as their last readers close. Returns those that end.
    func close() -> [Completion] {
        let clients = slots.withLock { state in
            state.isClosed = true
            let clients = state.slots.map(\.client)
            for slot in state.slots where slot.partitions.isEmpty { slot.client.stop() }
            state.slots.removeAll { $0.partitions.isEmpty }
            return clients
        }
        return clients.map(\.destroyed)
    }
}
