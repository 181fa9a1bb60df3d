import CommerceSchemas
public import EventModel
public import ReadModel

/// Sales by country.
public struct SalesByCountry: Projection {
    public static let id = ProjectionID("sales-by-country", version: 2)
    public static let key = KeyColumn("country", .combined)

    public init() {}

    public func key(for event: Recorded<SalesEvent>) -> String? { event.event.sale.country }

    public func evolve(_ row: inout SalesRow?, by event: Recorded<SalesEvent>) {
        row = row ?? SalesRow()
        row?.figures.apply(event.event)
    }
}
