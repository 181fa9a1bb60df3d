public import CommerceSchemas
public import EventModel
import ProtobufModel

/// What moves sales figures. Of the events in `ordering` these are read, and none of their lines.
public enum SalesEvent: Sendable {
    case placed(Sale)
    /// With the time of its order.
    case cancelled(Sale)
    case returned(Sale)

    public static let readers: [EventReader<SalesEvent>] = [
        .part(of: "order.placed.v1", SalesEvent.placed),
        .part(of: "order.cancelled.v1", SalesEvent.cancelled),
        .part(of: "return.registered.v1", SalesEvent.returned),
    ]

    var sale: Sale {
        switch self {
        case .placed(let sale), .cancelled(let sale), .returned(let sale): sale
        }
    }
}

extension Sale {
    /// When the order was placed or the return registered.
    var time: Timestamp { Timestamp(clamping: at) }

    /// `anonymous` where the customer is unknown.
    var customer: String { hasCustomerID ? customerID : "anonymous" }
}
