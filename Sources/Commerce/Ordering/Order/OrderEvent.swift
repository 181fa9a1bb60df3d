public import CommerceSchemas

public enum OrderEvent: Hashable, Sendable {
    case placed(OrderPlaced)
    case confirmed(OrderConfirmed)
    case cancelled(OrderCancelled)
}
