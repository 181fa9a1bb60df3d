import CommerceSchemas

/// What sales come to under some heading, such as a day or a customer. `orders`, `units` and `gross` count orders placed and not cancelled.
struct SalesFigures: Hashable, Sendable {
    var orders: Int64 = 0
    var returns: Int64 = 0
    var cancellations: Int64 = 0
    var units: Int64 = 0
    var returnedUnits: Int64 = 0
    var grossMicros: Int64 = 0
    var returnedMicros: Int64 = 0
    /// Gross less returned.
    var netMicros: Int64 = 0

    /// Sums wrap around at the ends of int64 rather than stop the read model: one order's amount is at most int64, a sum of many could pass it.
    mutating func apply(_ event: SalesEvent) {
        switch event {
        case .placed(let sale):
            orders += 1
            units &+= sale.units
            grossMicros &+= sale.totalMicros
            netMicros &+= sale.totalMicros
        case .cancelled(let sale):
            orders -= 1
            cancellations += 1
            units &-= sale.units
            grossMicros &-= sale.totalMicros
            netMicros &-= sale.totalMicros
        case .returned(let sale):
            returns += 1
            returnedUnits &+= sale.units
            returnedMicros &+= sale.totalMicros
            netMicros &-= sale.totalMicros
        }
    }
}
