import Commerce
import CommerceSchemas
import EventModel

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
    mutating func apply(_ event: OrderingEvent) {
        switch event {
        case .order(.placed(let placed)):
            orders += 1
            units &+= placed.units
            grossMicros &+= placed.totalMicros
            netMicros &+= placed.totalMicros
        case .order(.cancelled(let cancelled)):
            orders -= 1
            cancellations += 1
            units &-= cancelled.units
            grossMicros &-= cancelled.totalMicros
            netMicros &-= cancelled.totalMicros
        case .return(.registered(let registered)):
            returns += 1
            returnedUnits &+= registered.units
            returnedMicros &+= registered.totalMicros
            netMicros &-= registered.totalMicros
        case .order(.confirmed):
            break
        }
    }
}
