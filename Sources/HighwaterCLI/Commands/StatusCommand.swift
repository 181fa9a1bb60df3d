import ArgumentParser
import EventLog
import Operations
import ReadModel
import WriteModel

struct StatusCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "status", abstract: "Topics, their writers, and the read models' generations, positions and lag.",
            discussion: """
                A partition's owner is the writer of its newest claim. Lag counts records of the log: a commit is one, however many events it \
                holds, and so are claims and void records. Void records are those that the chain rule skips. A read model that is missing or \
                cannot be reached is told as such.
                """)
    }

    @OptionGroup var shared: SharedOptions

    @Flag(name: .long, help: "Count commits and void records, for which the whole log is read.")
    var count = false

    @Flag(name: .long, help: "Print a JSON object.")
    var json = false

    func run() async throws {
        let settings = try shared.settings()
        JSONLogHandler.bootstrap(level: settings.logLevel)
        let runtime = try await Runtime.open(settings, readOnly: true, stores: .none)
        let stores = await runtime.existingStores()
        var status = SystemStatus(log: "\(settings.log)", partitions: [], projections: [])
        for context in Program.application.contexts {
            let topic = context.writeModel.topic
            let announced = try await runtime.announcements(of: topic)
            for partition in Partition.all(of: try await runtime.partitions(of: topic)) {
                status.partitions.append(
                    try await runtime.status(of: TopicPartition(topic, partition), announced: announced, isCounting: count))
            }
            for (kind, store) in stores {
                switch store {
                case .success(let store):
                    status.projections +=
                        await ReadModelInspector(context.projections, store: store, log: runtime.log, topic: topic).status()
                case .failure(let failure):
                    status.projections += context.projections.map {
                        ProjectionStatus(unknown: $0.id, store: kind.rawValue, error: "\(failure)")
                    }
                }
            }
        }
        try json ? StandardOutput.write(json: status) : StandardOutput.write(status.text)
    }
}

struct SystemStatus: Encodable {
    struct PartitionStatus: Encodable {
        let topic: String
        let partition: Int32
        /// Where the next record will land.
        let end: Int64
        /// Nil where they were not counted.
        let commits: Int?
        /// Records that the chain rule skips; nil where they were not counted.
        let voidRecords: Int?
        let epoch: Int64
        /// Who claimed the partition last; nil where nobody has.
        let owner: String?
        /// Where its owner has announced that it is reached; nil where it has not, or has left.
        let url: String?
    }

    let log: String
    var partitions: [PartitionStatus]
    var projections: [ProjectionStatus]

    var text: String {
        var text = "log \(log)\n\n"
        text += table(
            [["PARTITION", "END", "COMMITS", "VOID", "EPOCH", "OWNER", "URL"]]
                + partitions.map {
                    [
                        "\($0.topic)/\($0.partition)", "\($0.end)", $0.commits.map { "\($0)" } ?? "-",
                        $0.voidRecords.map { "\($0)" } ?? "-", "\($0.epoch)", $0.owner ?? "-",
                        $0.url ?? "-",
                    ]
                })
        text += "\n"
        text += table(
            [["PROJECTION", "STORE", "GENERATIONS", "LAG RECORDS", "LAG SECONDS", "STATE"]]
                + projections.map { projection in
                    let generations = projection.generations.map { "\($0.number) \($0.isAbandoned ? "abandoned" : "\($0.state)")" }.joined(
                        separator: ", ")
                    let isLagKnown = projection.error == nil || !projection.partitions.isEmpty
                    return [
                        "\(projection.projection) v\(projection.version)", projection.store, generations.isEmpty ? "-" : generations,
                        isLagKnown ? "\(projection.lagRecords)" : "-",
                        isLagKnown ? "\((projection.lagSeconds * 10).rounded() / 10)" : "-",
                        projection.error ?? (projection.lagRecords == 0 ? "caught up" : "behind"),
                    ]
                })
        let placed = projections.filter { !$0.partitions.isEmpty }
        if !placed.isEmpty { text += "\nPOSITIONS (partition@last record applied/end of the log)\n" }
        for projection in placed {
            text += "\(projection.projection) v\(projection.version) in \(projection.store)\n"
            text += Self.lines(projection.partitions.map { "\($0.partition)@\($0.offset < 0 ? "-" : "\($0.offset)")/\($0.end)" })
        }
        return text
    }

    /// The words in columns, as many a line as fit in some 100 characters.
    private static func lines(_ words: [String]) -> String {
        let width = (words.map(\.count).max() ?? 0) + 2
        let perLine = max(1, 100 / width)
        var text = ""
        for (index, word) in words.enumerated() {
            if index % perLine == 0 { text += "  " }
            let isLast = index % perLine == perLine - 1 || index == words.count - 1
            text += isLast ? word + "\n" : word + String(repeating: " ", count: width - word.count)
        }
        return text
    }

    private func table(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
                .reversed().drop { $0 == " " }.reversed().map(String.init).joined() + "\n"
        }.joined()
    }
}

extension Runtime {
    /// The read models that the settings name, in their order, opened to be looked at; or why not.
    func existingStores() async -> [(kind: StoreKind, store: Result<any ReadModelStore, any Error>)] {
        var stores: [(kind: StoreKind, store: Result<any ReadModelStore, any Error>)] = []
        for location in settings.readModels {
            let store: Result<any ReadModelStore, any Error>
            do {
                store = .success(try await Self.openStore(location, readOnly: true, logger))
            } catch {
                store = .failure(error)
            }
            stores.append((StoreKind(location), store))
        }
        return stores
    }

    func announcements(of topic: Topic) async throws -> [OwnerAnnouncement] {
        do {
            return try await OwnerTopic.announcements(of: topic, in: log)
        } catch let error as LogError {
            throw Failure("\(error)")
        }
    }

    /// - Parameter isCounting: whether to read the whole partition.
    func status(
        of place: TopicPartition, announced: [OwnerAnnouncement], isCounting: Bool
    ) async throws -> SystemStatus.PartitionStatus {
        do {
            let newest = try await log.newestClaim(of: place)
            let announcement = announced.first { $0.partition == place && $0.epoch == newest?.epoch }
            let counts = isCounting ? try await counts(of: place) : nil
            return SystemStatus.PartitionStatus(
                topic: place.topic.name, partition: place.partition.rawValue, end: try await log.bounds(of: place).upperBound.rawValue,
                commits: counts?.commits, voidRecords: counts?.voids, epoch: newest?.epoch.rawValue ?? 0,
                owner: newest?.claim?.writer ?? announcement?.instance, url: announcement?.url)
        } catch let error as LogError {
            throw Failure("\(error)")
        }
    }

    private func counts(of place: TopicPartition) async throws -> (commits: Int, voids: Int) {
        let end = try await log.bounds(of: place).upperBound
        var counts = (commits: 0, voids: 0)
        var next = Offset.zero
        guard next < end else { return counts }
        let reader = try await ChainReader(log, place, after: .beginning, selecting: .none)
        while next < end {
            let batch = try await reader.next()
            next = batch.next
            counts.commits += batch.commits
            counts.voids += batch.voids
        }
        await reader.close()
        return counts
    }
}
