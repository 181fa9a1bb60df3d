import ArgumentParser
import EventLog
import Operations

struct TopicsCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "topics", abstract: "Make or check the application's topics.",
            subcommands: [TopicsCreateCommand<Program>.self, TopicsCheckCommand<Program>.self])
    }
}

struct TopicsCreateCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "create", abstract: "Make the topics that are missing.",
            discussion: """
                A context's topic keeps everything for ever: cleanup.policy=delete, retention.ms=-1, retention.bytes=-1. Its \
                max.message.bytes has room for a body of HIGHWATER_MAX_BODY_BYTES. The topic of its owners is compacted. Choose the partitions with room to grow: their count can never change. What exists is left as \
                it is, and checked. Exit status 1: a topic exists with another number of partitions than --partitions asks for; 2: one is \
                not set up as it should be.
                """)
    }

    @OptionGroup var shared: SharedOptions

    @Option(name: .long, help: "Partitions of each context's topic. HIGHWATER_PARTITIONS if absent.")
    var partitions: Int?

    @Option(name: .long, help: "Copies of each partition. The brokers' default if absent.")
    var replicas: Int?

    @Option(name: .long, help: "Copies that must have a record before it counts. 2 if absent and there are 2 or more copies.")
    var minInsyncReplicas: Int?

    func validate() throws {
        guard partitions ?? 1 > 0, partitions ?? 1 <= 10_000 else { throw ValidationError("--partitions is from 1 to 10000.") }
        guard replicas ?? 1 > 0 else { throw ValidationError("--replicas must be at least 1.") }
        guard minInsyncReplicas ?? 1 > 0, minInsyncReplicas ?? 1 <= replicas ?? .max else {
            throw ValidationError("--min-insync-replicas is from 1 to the number of replicas.")
        }
    }

    func run() async throws {
        let settings = try shared.settings()
        JSONLogHandler.bootstrap(level: settings.logLevel)
        let runtime = try await Runtime.open(settings, stores: .none)
        var hasFindings = false
        var hasOtherCounts = false
        for needed in NeededTopic.all(of: Program.application, settings, partitions: partitions) {
            var wanted = needed.settings
            wanted.replicas = replicas
            if wanted.retention == .forever { wanted.minimumInSyncReplicas = minInsyncReplicas }
            do {
                let found = try await runtime.log.partitionCount(of: needed.topic)
                let count = try await runtime.log.ensureTopic(needed.topic, wanted)
                var findings = try await needed.findings(in: runtime.log).all
                if let partitions, wanted.retention == .forever, count != partitions {
                    hasOtherCounts = true
                    findings.insert(
                        "it has \(count) partitions and not \(partitions): a stream's partition follows from the count, so it never "
                            + "changes; go on with \(count), or copy the events into a new topic of \(partitions)", at: 0)
                }
                let verb = found == nil ? "created" : "exists"
                try StandardOutput.report(
                    "\(needed.topic): \(verb) with \(count) partition\(count == 1 ? "" : "s")\n" + findings.map { "  - \($0)\n" }.joined())
                hasFindings = hasFindings || !findings.isEmpty
            } catch let error as LogError {
                throw Failure("\(error)")
            }
        }
        await runtime.close()
        if hasOtherCounts { throw ExitCode(1) }
        if hasFindings { throw ExitCode(findingsExitStatus) }
    }
}

struct TopicsCheckCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "check", abstract: "Check the topics and their settings.",
            discussion: """
                Exit status 2: a topic is missing or not set up as it should be. 'up' and 'serve' refuse one that is missing or breaks a law of \
                the log, and warn of the rest.
                """)
    }

    @OptionGroup var shared: SharedOptions

    @Flag(name: .long, help: "Print a JSON array.")
    var json = false

    func run() async throws {
        let settings = try shared.settings()
        JSONLogHandler.bootstrap(level: settings.logLevel)
        let runtime = try await Runtime.open(settings, readOnly: true, stores: .none)
        var reports: [TopicReport] = []
        for needed in NeededTopic.all(of: Program.application, settings) {
            do {
                reports.append(
                    TopicReport(
                        needed.topic, try await runtime.log.describe(needed.topic), problems: try await needed.findings(in: runtime.log).all
                    ))
            } catch let error as LogError {
                throw Failure("\(error)")
            }
        }
        await runtime.close()
        try json ? StandardOutput.report(json: reports) : StandardOutput.report(reports.map(\.text).joined())
        if reports.contains(where: { !$0.problems.isEmpty }) { throw ExitCode(findingsExitStatus) }
    }
}

/// A topic as it is, and what is wrong with it.
struct TopicReport: Encodable {
    let topic: String
    /// Nil where there is no such topic.
    let partitions: Int?
    let replicas: Int?
    /// Those that matter here, by Kafka's names; nil where the log does not tell.
    let settings: [String: String]?
    let problems: [String]

    private static let shown = [
        "cleanup.policy", "max.message.bytes", "min.insync.replicas", "retention.bytes", "retention.ms", "unclean.leader.election.enable",
    ]

    init(_ topic: Topic, _ description: TopicDescription?, problems: [String]) {
        self.topic = topic.name
        partitions = description?.partitions
        replicas = description?.replicas
        settings = description?.settings?.filter { Self.shown.contains($0.key) }
        self.problems = problems
    }

    var text: String {
        var facts = partitions.map { ["\($0) partition\($0 == 1 ? "" : "s")"] } ?? ["missing"]
        if let replicas { facts.append("\(replicas) replica\(replicas == 1 ? "" : "s")") }
        if let settings { facts += settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } }
        let verdict = problems.isEmpty ? "as it should be" : "NOT as it should be"
        return "\(topic): \(facts.joined(separator: ", ")): \(verdict)\n" + problems.map { "  - \($0)\n" }.joined()
    }
}
