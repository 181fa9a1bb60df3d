public import Commerce
import CommerceSchemas
public import EventModel
public import ReadModel

/// Each order as it stands: one row an order.
public struct OrderSummary: Projection {
    public static let id = ProjectionID("order-summary", version: 1)
    public static let key = KeyColumn("orderId", .byStream)

    public struct Row: ReadModelRow {
        public var customerID: String?
        public var country = ""
        public var currency = ""
        /// `placed`, `confirmed` or `cancelled`.
        public var status = ""
        public var placedAt: Timestamp?
        public var lines: Int64 = 0
        public var units: Int64 = 0
        public var totalMicros: Int64 = 0

        public init() {}

        public static let columns: [Column<Row>] = [
            .text("customerId", \.customerID, filter: true),
            .text("country", \.country, filter: true),
            .text("currency", \.currency),
            .text("status", \.status, filter: true),
            .timestamp("placedAt", \.placedAt),
            .integer("lines", \.lines),
            .integer("units", \.units),
            .micros("totalMicros", \.totalMicros),
        ]
    }

    public init() {}

    public func key(for event: Recorded<OrderingEvent>) -> String? {
        if case .order = event.event { String(event.stream.key) } else { nil }
    }

    public func evolve(_ row: inout Row?, by event: Recorded<OrderingEvent>) {
        guard case .order(let order) = event.event else { return }
        switch order {
        case .placed(let placed):
            var new = Row()
            new.customerID = placed.hasCustomerID ? placed.customerID : nil
            new.country = placed.country
            new.currency = placed.currency
            new.status = "placed"
            new.placedAt = placed.placedTimestamp
            new.lines = Int64(placed.lines.count)
            new.units = placed.units
            new.totalMicros = placed.totalMicros
            row = new
        case .confirmed:
            row?.status = "confirmed"
        case .cancelled:
            row?.status = "cancelled"
        }
    }
}
