public import CommerceSchemas
public import EventModel
import ProtobufModel
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

    /// What becomes of an order. Its lines are counted and not read.
    public enum Event: Sendable {
        case placed(PlacedOrder)
        case confirmed
        case cancelled

        public static let readers: [EventReader<Event>] = [
            .part(of: "order.placed.v1", Event.placed),
            .part(of: "order.confirmed.v1") { (_: Unread) in .confirmed },
            .part(of: "order.cancelled.v1") { (_: Unread) in .cancelled },
        ]
    }

    public init() {}

    public func key(for event: Recorded<Event>) -> String? { String(event.stream.key) }

    public func evolve(_ row: inout Row?, by event: Recorded<Event>) {
        switch event.event {
        case .placed(let placed):
            var new = Row()
            new.customerID = placed.hasCustomerID ? placed.customerID : nil
            new.country = placed.country
            new.currency = placed.currency
            new.status = "placed"
            new.placedAt = Timestamp(clamping: placed.placedAt)
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
