import ArgumentParser
import Commerce
import CommerceProjections
import EventLog
import Foundation
import Logging
import PostgresReadModel
import ReadModel
import SQLiteReadModel

/// The store to measure, and the projection. Each kind of store brings four things: the store itself, emptied; a rebuilt projection's
/// rows; a bare bulk load of them; a loop of hand-written upserts.
struct StoreOptions: ParsableArguments {
    enum Kind: String, ExpressibleByArgument { case sqlite, postgres }

    @Option(help: "sqlite or postgres.")
    var store: Kind = .sqlite

    @Option(
        help: ArgumentHelp(
            "The database: a file, or a Postgres connection URI. Emptied of what earlier benchmarks left.", valueName: "location"))
    var database: String

    @Option(help: "order-summary, customer-ledger, sales-by-day or sales-by-country.")
    var projection = "order-summary"

    func validate() throws { _ = try registered }

    var registered: RegisteredProjection {
        get throws {
            switch projection {
            case "order-summary": RegisteredProjection(OrderSummary(), reading: OrderSummary.Event.readers)
            case "customer-ledger": RegisteredProjection(CustomerLedger(), reading: SalesEvent.readers)
            case "sales-by-day": RegisteredProjection(SalesByDay(), reading: SalesEvent.readers)
            case "sales-by-country": RegisteredProjection(SalesByCountry(), reading: SalesEvent.readers)
            default: throw ValidationError("there is no projection '\(projection)'")
            }
        }
    }

    func openEmpty() async throws -> any ReadModelStore {
        switch store {
        case .sqlite:
            removeFiles(database)
        case .postgres:
            // With it goes the view, which shows one of its tables.
            try PostgresConnection(database).execute("DROP SCHEMA IF EXISTS \(Self.schema) CASCADE")
        }
        return try await open()
    }

    /// Not the one that an application's read model has.
    private static let schema = "highwater_benchmark"

    private func open() async throws -> any ReadModelStore {
        switch store {
        case .sqlite: try await SQLiteReadModelStore.open(path: database)
        case .postgres:
            try await PostgresReadModelStore.open(
                connectionString: database, options: .init(schema: Self.schema),
                logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() })
        }
    }

    /// The rows that a rebuild has left in the database, in key order.
    func rebuiltRows() async throws -> [PartitionRow] {
        let store = try await open()
        guard let live = try await store.generations(of: projection).first(where: { $0.state == .live }) else {
            throw ValidationError("'\(projection)' is not in this database; rebuild it there first")
        }
        let rows = try await store.withSnapshot(of: live) { snapshot in
            var rows: [PartitionRow] = []
            while case let next = try await snapshot.rows(after: rows.last, limit: 10_000), !next.isEmpty { rows += next }
            return rows
        }
        return rows
    }

    func bareLoader(_ rows: [PartitionRow]) throws -> any BareLoader {
        switch store {
        case .sqlite:
            let path = database + ".bare"
            removeFiles(path)
            return try SQLiteBareLoader(path, try registered.schema, rows)
        case .postgres: return try PostgresBareLoader(database, try registered.schema, rows)
        }
    }

    func upsertLoop() throws -> UpsertLoop {
        switch store {
        case .sqlite:
            let path = database + ".loop"
            removeFiles(path)
            return try UpsertLoop(SQLiteConnection(path), projection)
        case .postgres: return try UpsertLoop(PostgresConnection(database), projection)
        }
    }

    private func removeFiles(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}
