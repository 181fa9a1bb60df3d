public import CommerceSchemas
public import EventModel

/// An order is placed once, may be confirmed once, and may be cancelled once, also after it was confirmed.
public struct OrderDecider: Decider {
    public let initial = OrderState()

    public init() {}

    public func decide(_ command: OrderCommand, _ order: OrderState) throws(OrderingRefusal) -> [OrderEvent] {
        switch (command, order.status) {
        case (.place(let command), .notPlaced): [.placed(try OrderPlaced(command))]
        case (.place, _): throw .orderAlreadyPlaced
        case (_, .notPlaced): throw .orderNotPlaced
        case (_, .cancelled): throw .orderAlreadyCancelled
        case (.confirm, .confirmed): throw .orderAlreadyConfirmed
        case (.confirm, _): [.confirmed(OrderConfirmed())]
        case (.cancel(let command), _): [.cancelled(OrderCancelled(order, reason: command.reason))]
        }
    }

    public func evolve(_ order: inout OrderState, _ event: OrderEvent) {
        switch event {
        case .placed(let placed): order = OrderState(placed)
        case .confirmed: order.status = .confirmed
        case .cancelled: order.status = .cancelled
        }
    }
}

extension OrderPlaced {
    fileprivate init(_ command: PlaceOrder) throws(OrderingRefusal) {
        let totals = try LineTotals(of: command.lines)
        self.init()
        if command.hasCustomerID { customerID = command.customerID }
        country = command.country
        currency = command.currency
        placedAt = command.placedAt
        lines = command.lines
        units = totals.units
        totalMicros = totals.micros
    }
}

extension OrderState {
    fileprivate init(_ placed: OrderPlaced) {
        self.init()
        status = .placed
        if placed.hasCustomerID { customerID = placed.customerID }
        country = placed.country
        currency = placed.currency
        placedAt = placed.placedAt
        lines = placed.lines
        units = placed.units
        totalMicros = placed.totalMicros
    }
}

extension OrderCancelled {
    fileprivate init(_ order: OrderState, reason: String) {
        self.init()
        if order.hasCustomerID { customerID = order.customerID }
        country = order.country
        currency = order.currency
        placedAt = order.placedAt
        lines = order.lines
        units = order.units
        totalMicros = order.totalMicros
        self.reason = reason
    }
}
