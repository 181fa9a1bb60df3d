import EventLog
import Foundation
import Logging
import Operations
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

    /// - Parameter readOnly: for tools that look at what others write: a log that is not there is an error, not made.
    static func open(_ settings: Settings, readOnly: Bool = false) async throws -> Runtime {
        let logger = Logger(label: "highwater")
        let log: any EventLog
        switch settings.log {
        case .sqlite(let path):
            if readOnly && !FileManager.default.fileExists(atPath: path) {
                throw Failure("there is no log at '\(path)'; set HIGHWATER_LOG, or start the application with 'up' first")
            }
            do {
                log = try await SQLiteLog(path: path, logger: logger)
            } catch {
                throw Failure("\(error)")
            }
        case .kafka:
            throw Failure("HIGHWATER_LOG=kafka://… is not supported by this version; use sqlite:PATH")
        }
        var stores: [any ReadModelStore] = []
        for location in settings.readModels {
            switch location {
            case .sqlite(let path):
                do {
                    stores.append(try await SQLiteReadModelStore.open(path: path))
                } catch {
                    throw Failure("\(error)")
                }
            case .postgres:
                throw Failure("HIGHWATER_READ_MODEL=postgres://… is not supported by this version; use sqlite:PATH")
            }
        }
        return Runtime(settings: settings, log: log, stores: stores, logger: logger)
    }
}

extension Application {
    /// The projections by the names given, with their topics; all of them if none is given.
    func projections(named names: [String], all: Bool) throws -> [(topic: Topic, projection: RegisteredProjection)] {
        let known = contexts.flatMap { context in context.projections.map { (topic: context.writeModel.topic, projection: $0) } }
        guard !all else { return known }
        return try names.map { name in
            guard let found = known.first(where: { $0.projection.id.name == name }) else {
                throw Failure(
                    "there is no projection '\(name)'; there are \(known.map(\.projection.id.name).sorted().joined(separator: ", "))")
            }
            return found
        }
    }
}
