import EventLog
import EventModel
import WriteModel

/// One schedule: hosts, their log and their clients, moved one step at a time by the dice. Everything in it is deterministic.
final class SimulatedWorld {
    static let partition = TopicPartition("tally", Partition(0))
    static let context = BoundedContext("tally", categories: [TallyDecider.category])

    let configuration: SimulationConfiguration
    let limits: PartitionWriter.Limits
    let streams: [StreamID]
    var random: SimulationRandom
    var faults: SimulationFaults
    var log = SimulatedLog()
    var hosts: [SimulatedHost]
    var producers: [SimulatedProducer] = []
    var producersMade = 0
    var commands: [SimulatedCommand] = []
    var attempts: [SimulatedAttempt] = []
    var attemptsLeft: Int
    /// What the log takes in one batch, by the step from which on it does.
    var batchLimits: [(step: Int, bytes: Int)] = []
    /// The host that the group's coordinator would name now.
    var favourite = 0
    var report = SimulationReport()
    var step = 0
    /// What has happened, where it is wanted.
    var trace: [String]?

    init(seed: UInt64, _ configuration: SimulationConfiguration, isTraced: Bool) {
        self.configuration = configuration
        trace = isTraced ? [] : nil
        random = SimulationRandom(seed: seed)
        faults = SimulationFaults(&random)
        var limits = PartitionWriter.Limits()
        limits.inFlight = 1 + random.below(6)
        limits.streams = 1 + random.below(3)
        limits.commitsPerSave = 1 + random.below(12)
        limits.unanswered = 4 + random.below(60)
        limits.recordBytes = 100
        self.limits = limits
        streams = (0..<max(1, configuration.streams)).map { StreamID(trusted: "\(TallyDecider.categoryName)/\($0)") }
        hosts = Array(repeating: SimulatedHost(), count: 2 + random.below(max(1, configuration.hosts - 1)))
        attemptsLeft = configuration.attempts.lowerBound + random.below(configuration.attempts.count)
        for host in hosts.indices { start(host) }
    }

    var batchLimit: Int { batchLimits.last?.bytes ?? .max }
    var now: Timestamp { Timestamp(microseconds: Int64(step)) }

    func note(_ text: @autoclosure () -> String) {
        guard trace != nil else { return }
        trace?.append("\(step): \(text())")
    }
}
