import Commerce
import CommerceSchemas
import EventModel

/// What the events that move sales figures have in common.
extension OrderingEvent {
    /// When the order was placed or the return registered; a cancellation counts at the time of its order. Nil for a confirmation.
    var salesTime: Timestamp? {
        switch self {
        case .order(.placed(let placed)): placed.placedTimestamp
        case .order(.cancelled(let cancelled)): cancelled.placedTimestamp
        case .order(.confirmed): nil
        case .return(.registered(let registered)): registered.registeredTimestamp
        }
    }

    /// Nil for a confirmation.
    var country: String? {
        switch self {
        case .order(.placed(let placed)): placed.country
        case .order(.cancelled(let cancelled)): cancelled.country
        case .order(.confirmed): nil
        case .return(.registered(let registered)): registered.country
        }
    }

    /// `anonymous` where the customer is unknown. Nil for a confirmation.
    var customer: String? {
        switch self {
        case .order(.placed(let placed)): placed.hasCustomerID ? placed.customerID : Self.anonymous
        case .order(.cancelled(let cancelled)): cancelled.hasCustomerID ? cancelled.customerID : Self.anonymous
        case .order(.confirmed): nil
        case .return(.registered(let registered)): registered.hasCustomerID ? registered.customerID : Self.anonymous
        }
    }

    private static let anonymous = "anonymous"
}
