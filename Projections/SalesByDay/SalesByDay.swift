public import EventModel
public import ReadModel

/// Sales by the UTC day.
public struct SalesByDay: Projection {
    public static let id = ProjectionID("sales-by-day", version: 2)
    public static let key = KeyColumn("day", .combined)

    public init() {}

    public func key(for event: Recorded<SalesEvent>) -> String? { event.event.sale.time.day.description }

    public func evolve(_ row: inout SalesRow?, by event: Recorded<SalesEvent>) {
        row = row ?? SalesRow()
        row?.figures.apply(event.event)
    }
}
