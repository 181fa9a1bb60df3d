import CommerceSchemas

/// What sales come to under some heading, such as a day or a customer. `orders`, `units` and `gross` count orders placed and not cancelled.
///
/// Units and amounts are sums of what orders hold, each of which may be as large as 64 bits allow: added up in 128 bits they are exact for
/// all the events that a log can number, 2^63. Counts go up by one an event, and so stay within 64.
struct SalesFigures: Hashable, Sendable {
    var orders: Int64 = 0
    var returns: Int64 = 0
    var cancellations: Int64 = 0
    var units: Int128 = 0
    var returnedUnits: Int128 = 0
    var grossMicros: Int128 = 0
    var returnedMicros: Int128 = 0
    /// Gross less returned.
    var netMicros: Int128 = 0

    mutating func apply(_ event: SalesEvent) {
        switch event {
        case .placed(let sale):
            orders += 1
            units += Int128(sale.units)
            grossMicros += Int128(sale.totalMicros)
            netMicros += Int128(sale.totalMicros)
        case .cancelled(let sale):
            orders -= 1
            cancellations += 1
            units -= Int128(sale.units)
            grossMicros -= Int128(sale.totalMicros)
            netMicros -= Int128(sale.totalMicros)
        case .returned(let sale):
            returns += 1
            returnedUnits += Int128(sale.units)
            returnedMicros += Int128(sale.totalMicros)
            netMicros -= Int128(sale.totalMicros)
        }
    }
}
