import ArgumentParser
import Commerce
import CommerceSchemas
import EventLog
import EventModel

/// A projection as it is written without an engine: a statement for each event, and the position beside it.
final class UpsertLoop {
    private let connection: any SQLConnection
    private let position: any SQLStatement
    private let place: any SQLStatement
    private let change: any SQLStatement
    private let apply: (UpsertLoop, Recorded<OrderingEvent>) throws -> Void

    init(_ connection: any SQLConnection, _ projection: String) throws {
        self.connection = connection
        for table in ["loop_position", "loop_orders", "loop_sales"] { try connection.execute("DROP TABLE IF EXISTS \(table)") }
        try connection.execute("CREATE TABLE loop_position (id BIGINT PRIMARY KEY, at BIGINT NOT NULL)")
        try connection.execute("INSERT INTO loop_position VALUES (0, -1)")
        position = try connection.prepare("UPDATE loop_position SET at = $1 WHERE id = 0")
        switch projection {
        case "order-summary":
            try connection.execute(
                """
                CREATE TABLE loop_orders (
                  id TEXT PRIMARY KEY, customer TEXT, country TEXT, currency TEXT, status TEXT, placed BIGINT, lines BIGINT,
                  units BIGINT, total BIGINT)\(connection.clustered)
                """)
            for column in ["customer", "country", "status"] {
                try connection.execute("CREATE INDEX loop_by_\(column) ON loop_orders (\(column), id)")
            }
            place = try connection.prepare(
                """
                INSERT INTO loop_orders VALUES ($1, $2, $3, $4, 'placed', $5, $6, $7, $8)
                ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, country = excluded.country, status = excluded.status
                """)
            change = try connection.prepare("UPDATE loop_orders SET status = $1 WHERE id = $2")
            apply = { try $0.applyToOrder($1) }
        case "sales-by-day":
            try connection.execute(
                """
                CREATE TABLE loop_sales (
                  day TEXT PRIMARY KEY, orders BIGINT, returns BIGINT, cancellations BIGINT, units BIGINT, gross BIGINT)\(connection.clustered)
                """)
            let sums = ["orders", "returns", "cancellations", "units", "gross"].map { "\($0) = loop_sales.\($0) + excluded.\($0)" }
            place = try connection.prepare(
                """
                INSERT INTO loop_sales VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (day) DO UPDATE SET \(sums.joined(separator: ", "))
                """)
            change = place
            apply = { try $0.applyToDay($1) }
        default: throw ValidationError("there is no loop for '\(projection)'; there is one for order-summary and for sales-by-day")
        }
    }

    func begin() throws { try connection.execute("BEGIN") }
    func commit() throws { try connection.execute("COMMIT") }

    func apply(_ event: Recorded<OrderingEvent>, at offset: Offset) throws {
        try apply(self, event)
        position.bind(offset.rawValue)
        try position.run()
    }

    private func applyToOrder(_ event: Recorded<OrderingEvent>) throws {
        guard case .order(let order) = event.event else { return }
        switch order {
        case .placed(let placed):
            place.bind(String(event.stream.key))
            place.bind(placed.hasCustomerID ? placed.customerID : nil)
            place.bind(placed.country)
            place.bind(placed.currency)
            place.bind(placed.placedTimestamp.microseconds)
            place.bind(Int64(placed.lines.count))
            place.bind(placed.units)
            place.bind(placed.totalMicros)
            try place.run()
        case .confirmed, .cancelled:
            if case .confirmed = order { change.bind("confirmed") } else { change.bind("cancelled") }
            change.bind(String(event.stream.key))
            try change.run()
        }
    }

    private func applyToDay(_ event: Recorded<OrderingEvent>) throws {
        switch event.event {
        case .order(.placed(let placed)): try add(placed.placedTimestamp, 1, 0, 0, placed.units, placed.totalMicros)
        case .order(.cancelled(let placed)): try add(placed.placedTimestamp, -1, 0, 1, -placed.units, -placed.totalMicros)
        case .return(.registered(let goods)): try add(goods.registeredTimestamp, 0, 1, 0, -goods.units, -goods.totalMicros)
        case .order(.confirmed): break
        }
    }

    private func add(_ at: Timestamp, _ orders: Int64, _ returns: Int64, _ cancellations: Int64, _ units: Int64, _ gross: Int64) throws {
        place.bind(at.day.description)
        for number in [orders, returns, cancellations, units, gross] { place.bind(number) }
        try place.run()
    }
}
