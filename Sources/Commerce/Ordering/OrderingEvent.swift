/// Every event of the ordering context.
public enum OrderingEvent: Hashable, Sendable {
    case order(OrderEvent)
    case `return`(ReturnEvent)
}
