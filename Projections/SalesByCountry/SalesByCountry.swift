public import Commerce
public import EventModel
public import ReadModel

/// Sales by country.
public struct SalesByCountry: Projection {
    public static let id = ProjectionID("sales-by-country", version: 1)
    public static let key = KeyColumn("country", .combined)

    public init() {}

    public func key(for event: Recorded<OrderingEvent>) -> String? { event.event.country }

    public func evolve(_ row: inout SalesRow?, by event: Recorded<OrderingEvent>) {
        row = row ?? SalesRow()
        row?.figures.apply(event.event)
    }
}
