public import EventModel
public import ReadModel

/// What each customer has ordered and sent back; unknown customers together, as `anonymous`.
public struct CustomerLedger: Projection {
    public static let id = ProjectionID("customer-ledger", version: 2)
    public static let key = KeyColumn("customerId", .combined)

    public struct Row: ReadModelRow {
        var figures = SalesFigures()
        /// Of every order placed, cancelled ones too.
        var firstOrderAt: Timestamp?
        var lastOrderAt: Timestamp?

        public init() {}

        public static let columns: [Column<Row>] = [
            .integer("orders", \.figures.orders, reduce: .sum),
            .integer("returns", \.figures.returns, reduce: .sum),
            .integer("cancellations", \.figures.cancellations, reduce: .sum),
            .integer("units", \.figures.units, reduce: .sum),
            .integer("returnedUnits", \.figures.returnedUnits, reduce: .sum),
            .micros("grossMicros", \.figures.grossMicros, reduce: .sum),
            .micros("returnedMicros", \.figures.returnedMicros, reduce: .sum),
            .micros("netMicros", \.figures.netMicros, reduce: .sum),
            .timestamp("firstOrderAt", \.firstOrderAt, reduce: .min),
            .timestamp("lastOrderAt", \.lastOrderAt, reduce: .max),
        ]
    }

    public init() {}

    public func key(for event: Recorded<SalesEvent>) -> String? { event.event.sale.customer }

    public func evolve(_ row: inout Row?, by event: Recorded<SalesEvent>) {
        var new = row ?? Row()
        new.figures.apply(event.event)
        if case .placed(let sale) = event.event {
            let time = sale.time
            new.firstOrderAt = min(new.firstOrderAt ?? time, time)
            new.lastOrderAt = max(new.lastOrderAt ?? time, time)
        }
        row = new
    }
}
