public import EventModel

/// The reasons for which ordering says no.
public enum OrderingRefusal: String, DomainRefusal {
    case orderAlreadyPlaced = "order-already-placed"
    case orderNotPlaced = "order-not-placed"
    case orderAlreadyConfirmed = "order-already-confirmed"
    case orderAlreadyCancelled = "order-already-cancelled"
    case returnAlreadyRegistered = "return-already-registered"
    case linesMissing = "lines-missing"
    case quantityNotPositive = "quantity-not-positive"
    case priceNegative = "price-negative"
    case amountTooLarge = "amount-too-large"

    public var explanation: String {
        switch self {
        case .orderAlreadyPlaced: "The order was placed before."
        case .orderNotPlaced: "There is no such order yet."
        case .orderAlreadyConfirmed: "The order was confirmed before."
        case .orderAlreadyCancelled: "The order was cancelled."
        case .returnAlreadyRegistered: "The return was registered before."
        case .linesMissing: "At least one line is needed."
        case .quantityNotPositive: "Each line's quantity must be above zero."
        case .priceNegative: "No line's unit price may be below zero."
        case .amountTooLarge: "The total is beyond 9,223,372,036,854.775807 units of the currency."
        }
    }
}
