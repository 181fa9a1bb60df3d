import ArgumentParser
import EventLog
import EventModel
import HTTPEdge
import Operations
import WriteModel

struct EventsCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "events", abstract: "Read recorded events as JSON lines.",
            subcommands: [EventsShowCommand<Program>.self, EventsTailCommand<Program>.self])
    }
}

struct EventsShowCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show", abstract: "A stream's events, oldest first.",
            discussion: """
                Reads the stream's partition from its beginning; a server that runs answers GET /v1/CATEGORY/ID/events without that. Exit \
                status 1: there is no such stream.
                """)
    }

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("The stream's id, as order/536365.", valueName: "stream"))
    var stream: String

    func run() async throws {
        let id: StreamID
        do {
            id = try StreamID(recorded: stream)
        } catch {
            throw ValidationError("'\(stream)' is no stream id: \(error).")
        }
        guard let context = Program.application.contexts.map(\.writeModel).first(where: { $0.category(of: id) != nil }) else {
            throw Failure("there is no category '\(id.category)'")
        }
        let settings = try shared.settings()
        JSONLogHandler.bootstrap(level: settings.logLevel)
        let runtime = try await Runtime.open(settings, readOnly: true, stores: .none)
        let count = try await runtime.partitions(of: context.topic)
        let place = TopicPartition(context.topic, context.partition(of: id, count: count))
        var found = false
        try await runtime.forEachRecord(of: place, after: .beginning, selecting: .key(Array(id.description.utf8)[...]), followsEnd: false) {
            record in
            guard let commit = record.commit, commit.stream == id else { return }
            found = true
            try StandardOutput.write(commit.lines(at: LogPosition(place, record.offset), context))
        }
        guard found else { throw Failure("there is no stream '\(id)'") }
    }
}

struct EventsTailCommand<Program: HighwaterProgram>: AsyncParsableCommand, RunsUntilStopped {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "tail", abstract: "Events of all streams, each partition's in order.",
            discussion: """
                Goes on until it is interrupted, unless --to end is given. A position, such as ordering/7@12345, begins with that record \
                and stays in its partition.
                """)
    }

    @OptionGroup var shared: SharedOptions

    @Option(name: .long, help: "beginning, end, or a position.")
    var from = "end"

    @Option(name: .long, help: "end: stop at the log's end as it is now.")
    var to: String?

    func validate() throws {
        guard to == nil || to == "end" else { throw ValidationError("--to knows only 'end'.") }
        guard !["beginning", "end"].contains(from) else { return }
        guard let position = LogPosition(from) else {
            throw ValidationError("--from is beginning, end, or a position such as ordering/7@12345.")
        }
        let topics = contexts.map(\.topic)
        guard topics.contains(position.partition.topic) else {
            let known = topics.map(\.name).sorted().joined(separator: ", ")
            throw ValidationError("--from \(from): there is no topic '\(position.partition.topic)'; there are \(known).")
        }
    }

    var runsUntilStopped: Bool { to == nil }

    private var contexts: [BoundedContext] { Program.application.contexts.map(\.writeModel) }

    func run() async throws {
        let settings = try shared.settings()
        JSONLogHandler.bootstrap(level: settings.logLevel)
        let runtime = try await Runtime.open(settings, readOnly: true, stores: .none)
        if let place = LogPosition(from)?.partition {
            let count = try await runtime.partitions(of: place.topic)
            guard place.partition.rawValue < count else {
                throw Failure(
                    "there is no partition \(place): the topic has \(count), from \(place.topic)/0 to \(place.topic)/\(count - 1)")
            }
        }
        let stopsAtEnd = to != nil
        try await withThrowingTaskGroup { group in
            for context in contexts {
                for partition in Partition.all(of: try await runtime.partitions(of: context.topic)) {
                    let place = TopicPartition(context.topic, partition)
                    guard let first = try await firstOffset(of: place, runtime) else { continue }
                    group.addTask {
                        try await runtime.forEachRecord(of: place, after: .beginning, followsEnd: !stopsAtEnd) { record in
                            guard record.offset >= first, let commit = record.commit else { return }
                            try StandardOutput.write(commit.lines(at: LogPosition(place, record.offset), context))
                        }
                    }
                }
            }
            // With the first that fails the others end, which would else follow the log for ever.
            for try await _ in group {}
        }
    }

    /// The first offset to show; nil where the partition is not asked for.
    private func firstOffset(of place: TopicPartition, _ runtime: Runtime) async throws -> Offset? {
        switch from {
        case "beginning": return .zero
        case "end": return try await runtime.log.bounds(of: place).upperBound
        default:
            guard let position = LogPosition(from), position.partition == place else { return nil }
            return position.offset
        }
    }
}

extension Runtime {
    /// - Throws: ``Failure`` where there is no such topic, or it has other partitions than it was written with.
    func partitions(of topic: Topic) async throws -> Int {
        do {
            return try await log.historyPartitions(of: topic)
        } catch let error as LogError {
            throw Failure("\(error)")
        }
    }

    /// Every valid record behind a position, up to the end as it is now, or for ever.
    func forEachRecord(
        of place: TopicPartition, after position: ChainPosition, selecting selection: ChainSelection = .all, followsEnd: Bool,
        _ body: (ChainedRecord) async throws -> Void
    ) async throws {
        do {
            let end = try await log.bounds(of: place).upperBound
            var next = position.offset.next
            guard followsEnd || next < end else { return }
            let reader = try await ChainReader(log, place, after: position, selecting: selection)
            while followsEnd || next < end {
                let batch = try await reader.next()
                next = batch.next
                for record in batch.records where followsEnd || record.offset < end { try await body(record) }
            }
            await reader.close()
        } catch let error as LogError {
            throw Failure("\(error)")
        }
    }
}

extension Commit {
    /// The commit's events, a JSON object and a line each.
    func lines(at position: LogPosition, _ context: BoundedContext) -> String {
        let metadata = metadata
        let category = context.category(of: stream)
        var text = ""
        for (index, event) in events.enumerated() {
            let stored = StoredEvent(
                id: EventID(stream: stream, version: firstVersion + index), event: event, metadata: metadata, position: position)
            text += StoredEventJSON.text(stored, data: (try? category?.json(event)) ?? "null") + "\n"
        }
        return text
    }
}
