public import ReadModel

/// A row of sales figures, under whatever key.
public struct SalesRow: ReadModelRow {
    var figures = SalesFigures()

    public init() {}

    public static let columns: [Column<SalesRow>] = [
        .integer("orders", \.figures.orders, reduce: .sum),
        .integer("returns", \.figures.returns, reduce: .sum),
        .integer("cancellations", \.figures.cancellations, reduce: .sum),
        .integer("units", \.figures.units, reduce: .sum),
        .integer("returnedUnits", \.figures.returnedUnits, reduce: .sum),
        .micros("grossMicros", \.figures.grossMicros, reduce: .sum),
        .micros("returnedMicros", \.figures.returnedMicros, reduce: .sum),
        .micros("netMicros", \.figures.netMicros, reduce: .sum),
    ]
}
