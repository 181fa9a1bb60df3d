public import CommerceSchemas

public enum OrderCommand: Hashable, Sendable {
    case place(PlaceOrder)
    case confirm(ConfirmOrder)
    case cancel(CancelOrder)
}
