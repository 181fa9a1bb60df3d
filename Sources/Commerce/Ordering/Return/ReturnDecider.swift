public import CommerceSchemas
public import EventModel

/// Goods that were sent back are registered once.
public struct ReturnDecider: Decider {
    public let initial = ReturnState()

    public init() {}

    public func decide(_ command: ReturnCommand, _ state: ReturnState) throws(OrderingRefusal) -> [ReturnEvent] {
        switch command {
        case .register(let command):
            if state.registered { throw .returnAlreadyRegistered }
            return [.registered(try ReturnRegistered(command))]
        }
    }

    public func evolve(_ state: inout ReturnState, _ event: ReturnEvent) {
        switch event {
        case .registered(let registered):
            state.registered = true
            state.registeredAt = registered.registeredAt
            state.units = registered.units
            state.totalMicros = registered.totalMicros
        }
    }
}

extension ReturnRegistered {
    fileprivate init(_ command: RegisterReturn) throws(OrderingRefusal) {
        let totals = try LineTotals(of: command.lines)
        self.init()
        if command.hasCustomerID { customerID = command.customerID }
        country = command.country
        currency = command.currency
        registeredAt = command.registeredAt
        lines = command.lines
        units = totals.units
        totalMicros = totals.micros
    }
}
