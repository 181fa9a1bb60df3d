import ArgumentParser
import EventLog
import Foundation
import KafkaLog
import Logging
import Operations
import PostgresReadModel
import ReadModel
import SQLiteLog
import SQLiteReadModel
import WriteModel

/// What the settings name, opened: the log and the read models.
struct Runtime: Sendable {
    let settings: Settings
    let log: any EventLog
    let stores: [any ReadModelStore]
    let logger: Logger

    /// Names this run of this process, as no other run of any process is named.
    static let instance: String = {
        let host = ProcessInfo.processInfo.hostName
        return "\(host)/\(getpid())/\(UInt64.random(in: 0 ... .max))"
    }()

    /// Which read models to open.
    enum Stores {
        case none
        /// All of them; what is missing is an error, and nothing is changed.
        case existing
        /// All of them; what is missing is made.
        case made
    }

    /// - Parameter readOnly: for tools that look at what others write: a log that is not there is an error, not made.
    static func open(_ settings: Settings, readOnly: Bool = false, stores wanted: Stores = .made) async throws -> Runtime {
        try ResourceBudget.checkOpening(settings, stores: wanted)
        let logger = Logger(label: "highwater")
        let log = try await openLog(settings, readOnly: readOnly, logger)
        var stores: [any ReadModelStore] = []
        if wanted != .none {
            for location in settings.readModels {
                do {
                    stores.append(try await openStore(location, readOnly: wanted == .existing, logger))
                } catch {
                    throw Failure("\(error)")
                }
            }
        }
        return Runtime(settings: settings, log: log, stores: stores, logger: logger)
    }

    /// Whether other instances may write the same log: on Kafka, and wherever the writing side runs by itself.
    func isShared(_ roles: Roles) -> Bool {
        if case .kafka = settings.log { return true }
        return roles != .all
    }

    /// The executable's name.
    private static let program = URL(fileURLWithPath: CommandLine.arguments.first ?? "highwater").lastPathComponent

    /// Gives up the connections to log and read models.
    func close() async {
        await (log as? KafkaLog)?.close()
        await (log as? SQLiteLog)?.close()
        for store in stores { await (store as? PostgresReadModelStore)?.close() }
    }

    private static func openLog(_ settings: Settings, readOnly: Bool, _ logger: Logger) async throws -> any EventLog {
        switch settings.log {
        case .sqlite(let path):
            if readOnly && !FileManager.default.fileExists(atPath: path) {
                throw Failure("there is no log at '\(path)'; set HIGHWATER_LOG, or start the application with 'up' first")
            }
            do {
                return try await SQLiteLog(path: path, logger: logger)
            } catch {
                throw Failure("\(error)")
            }
        case .kafka(let brokers):
            do {
                return try KafkaLog(
                    brokers: brokers.map(\.description), settings: settings.kafka,
                    clientID: "\(program)/\(ProcessInfo.processInfo.hostName)",
                    logger: logger)
            } catch {
                throw Failure("\(error)", exitStatus: error.code == .misconfigured ? ConfigurationError.exitStatus : 1)
            }
        }
    }

    /// - Parameter readOnly: a read model that is not there is an error, not made.
    /// - Throws: ``ReadModelError``.
    static func openStore(_ location: ReadModelLocation, readOnly: Bool, _ logger: Logger) async throws -> any ReadModelStore {
        switch location {
        case .sqlite(let path):
            try await SQLiteReadModelStore.open(path: path, readOnly: readOnly, logger: logger)
        case .postgres(let connectionString):
            try await PostgresReadModelStore.open(connectionString: connectionString, readOnly: readOnly, logger: logger)
        }
    }

    /// Whether a fault of the log passes by itself. A cluster may be away for a while, and a topic on its way; a file's fault has to be mended.
    func judge(_ fault: any Error) -> OpeningFault {
        guard let error = fault as? LogError else { return .lasting }
        if error.code == .topicMissing { return .passing }
        guard case .kafka = settings.log else { return .lasting }
        return error.isRetriable ? .passing : .lasting
    }
}

extension LogLocation {
    /// As messages name it.
    var subject: String {
        switch self {
        case .sqlite(let path): "the log at '\(path)'"
        case .kafka(let brokers): "Kafka at \(brokers.map(\.description).joined(separator: ","))"
        }
    }
}

extension Application {
    /// The application with only these of its projections; with all of them if none is named.
    func keeping(projections names: [String]) throws -> Application {
        guard !names.isEmpty else { return self }
        let kept = Set(try projections(named: names, all: false).map(\.projection.id.name))
        return Application(
            name: name, abstract: abstract, version: version,
            contexts: contexts.map { $0.keeping { kept.contains($0.id.name) } })
    }

    /// The projections by the names given, with their topics, or all of them.
    ///
    /// - Throws: `ValidationError` where a name is unknown.
    func projections(named names: [String], all: Bool) throws -> [(topic: Topic, projection: RegisteredProjection)] {
        let known = contexts.flatMap { context in context.projections.map { (topic: context.writeModel.topic, projection: $0) } }
        guard !all else { return known }
        return try names.map { name in
            guard let found = known.first(where: { $0.projection.id.name == name }) else {
                throw ValidationError(
                    "There is no projection '\(name)'; there are \(known.map(\.projection.id.name).sorted().joined(separator: ", ")).")
            }
            return found
        }
    }
}
