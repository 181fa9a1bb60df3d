import Foundation
import HTTPEdge
import Operations
import SQLiteLog
import WriteModel

/// What a process needs of the system: file descriptors and threads, by what they are for.
///
/// The figures are bounds for what each part may hold at a time, and not averages. `ResourceTests` compares them with what processes hold.
struct ResourceNeeds: Equatable, Sendable {
    struct Item: Equatable, Sendable {
        let what: String
        var descriptors = 0
        var threads = 0
    }

    private(set) var items: [Item] = []

    var descriptors: Int { items.reduce(0) { $0 + $1.descriptors } }
    var threads: Int { items.reduce(0) { $0 + $1.threads } }

    /// The largest first, for people.
    var listing: String {
        items.filter { $0.descriptors > 0 }.sorted { $0.descriptors > $1.descriptors }.map {
            "\(Figures.grouped($0.descriptors)) for \($0.what)"
        }
        .joined(separator: ", ")
    }

    /// What a process does, as far as that tells what it needs.
    struct Plan: Sendable {
        /// None: a tool.
        var roles: Roles = []
        /// Partitions that the process may have to write, of all contexts.
        var partitions = 0
        var contexts = 1
        var projections = 0
        var sqliteReadModels = 0
        var postgresReadModels = 0
        /// Brokers that each of librdkafka's clients is connected to; nil for the embedded log.
        var brokers: Int?
        /// Whether partitions and brokers are guessed.
        var isGuess = false
        var cores = ProcessInfo.processInfo.activeProcessorCount

        var readModels: Int { sqliteReadModels + postgresReadModels }
        /// Projections that the process keeps up to date, each in each read model.
        var runners: Int { roles.contains(.project) ? projections * readModels : 0 }
        /// Groups that the process is a member of: one for each runner, and the writers' of each context.
        var groups: Int { runners + (roles.contains(.serve) ? contexts : 0) }
    }

    init(_ plan: Plan) {
        // Standard streams, the signals' pipe, libdispatch's epoll, eventfd and timers, the listening socket; three for each event loop.
        // Threads: NIO's loops and its pool, Swift's own, and what libdispatch may start for queues that block.
        items.append(Item(what: "the process itself", descriptors: 16 + 3 * plan.cores, threads: 40 + 3 * plan.cores))
        // libdispatch opens files of /proc every second and ends the process where it cannot; scrapes and name look-ups open some as well.
        items.append(Item(what: "a reserve", descriptors: 64))
        if !plan.roles.isEmpty {
            items.append(Item(what: "connections that are being refused", descriptors: HTTPServerConfiguration().spareConnections))
        }
        if plan.sqliteReadModels > 0 {
            // One connection that writes and eight that read, each the file and its write-ahead log; their shared memory; temporary files.
            items.append(Item(what: "SQLite read models", descriptors: plan.sqliteReadModels * (9 * 2 + 1 + 8)))
        }
        if plan.postgresReadModels > 0 {
            // Eight connections in the pool, and one for each snapshot, each a socket and a pipe, and now and then a request to cancel.
            let connections = 8 + 4
            items.append(
                Item(
                    what: "connections to PostgreSQL", descriptors: plan.postgresReadModels * (connections * 3 + 2),
                    threads: plan.postgresReadModels * connections))
        }
        if plan.roles.contains(.serve) {
            // Each has a connection that writes and one that reads: twice the file and its write-ahead log, and their shared memory.
            items.append(Item(what: "the state stores of \(plan.partitions) partitions", descriptors: 5 * plan.partitions))
        }
        if let brokers = plan.brokers { addKafka(plan, brokers) } else { addEmbeddedLog(plan) }
    }

    private mutating func addEmbeddedLog(_ plan: Plan) {
        // As of a read model: two for each connection, the shared memory, eight temporary files. Besides, a watch of the write-ahead log, and a lock
        // for each group.
        let connections = 1 + SQLiteLog.Options().maximumReaders
        items.append(Item(what: "the event log", descriptors: connections * 2 + 1 + 8 + 1 + plan.groups))
    }

    private mutating func addKafka(_ plan: Plan, _ brokers: Int) {
        // Each of librdkafka's clients has a pipe for itself, and a pipe and a socket for each broker; a thread for itself, for its own queue and
        // for each broker, and ours.
        let client = Item(what: "", descriptors: 2 + 3 * brokers, threads: 3 + brokers)
        func add(_ what: String, _ clients: Int, most: Int? = nil, extraBrokers: Int = 0) {
            items.append(
                Item(
                    what: what, descriptors: (most ?? clients) * (client.descriptors + 3 * extraBrokers),
                    threads: clients * (client.threads + extraBrokers)))
        }
        if plan.roles.contains(.serve) {
            // After an outage a producer is made anew while the old one ends. Where threads are short, it is tried again.
            add("the producers of \(plan.partitions) partitions", plan.partitions, most: 2 * plan.partitions)
            add("the directory of owners", plan.contexts)
        }
        // A group's coordinator is a broker of its own.
        if plan.groups > 0 { add("members of consumer groups", plan.groups, extraBrokers: 1) }
        // One client reads a partition once at a time: each projection, the writers, and what is read back.
        let readers = plan.runners + (plan.roles.contains(.serve) ? 1 + ReadBack.concurrency : 0) + 4
        add("readers of Kafka", readers)
        // The one that asks, and the threads for calls that block.
        items.append(Item(what: "Kafka's administration", descriptors: client.descriptors, threads: client.threads + 8))
    }
}
