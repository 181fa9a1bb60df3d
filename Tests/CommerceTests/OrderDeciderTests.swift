import Commerce
import CommerceSchemas
import EventModel
import HighwaterTesting
import SwiftProtobuf
import Testing

@Suite struct OrderDeciderTests {
    private let order = DeciderSpecification(OrderDecider(), codec: OrderEvent.codec)

    private let place = OrderCommand.place(.example(.line(), .line("71053", quantity: 2, price: 3_390_001)))
    private let confirm = OrderCommand.confirm(ConfirmOrder())
    private let cancel = OrderCommand.cancel(.with { $0.reason = "too late" })

    private let placed = OrderEvent.placed(.example)
    private let confirmed = OrderEvent.confirmed(OrderConfirmed())
    private let cancelled = OrderEvent.cancelled(.example(reason: "too late"))

    @Test func placesAnOrderWithItsTotals() throws {
        try order.given().when(place).then(placed)
    }

    @Test func confirmsAPlacedOrder() throws {
        try order.given(placed).when(confirm).then(confirmed)
    }

    @Test func cancelsAPlacedOrder() throws {
        try order.given(placed).when(cancel).then(cancelled)
    }

    @Test func cancelsAConfirmedOrder() throws {
        try order.given(placed, confirmed).when(cancel).then(cancelled)
    }

    @Test func keepsAnUnknownCustomerUnknown() throws {
        let anonymous = OrderPlaced.with {
            $0 = .example
            $0.clearCustomerID()
        }
        let history = try order.given().when(.place(.example(.line(), .line("71053", quantity: 2, price: 3_390_001), customer: nil)))
            .then(.placed(anonymous))
        #expect(!history.state.hasCustomerID)
        try history.when(cancel).then(
            .cancelled(
                .with {
                    $0 = .example(reason: "too late")
                    $0.clearCustomerID()
                }))
    }

    @Test func refusesToPlaceTwice() throws {
        try order.given(placed).when(place).thenRefused(.orderAlreadyPlaced)
        try order.given(placed, confirmed).when(place).thenRefused(.orderAlreadyPlaced)
        try order.given(placed, cancelled).when(place).thenRefused(.orderAlreadyPlaced)
        try order.given(placed).when(.place(.example())).thenRefused(.orderAlreadyPlaced)
    }

    @Test func refusesWhatWasNotPlaced() throws {
        try order.given().when(confirm).thenRefused(.orderNotPlaced)
        try order.given().when(cancel).thenRefused(.orderNotPlaced)
    }

    @Test func refusesToConfirmTwice() throws {
        try order.given(placed, confirmed).when(confirm).thenRefused(.orderAlreadyConfirmed)
    }

    @Test func refusesACancelledOrder() throws {
        try order.given(placed, cancelled).when(confirm).thenRefused(.orderAlreadyCancelled)
        try order.given(placed, cancelled).when(cancel).thenRefused(.orderAlreadyCancelled)
        try order.given(placed, confirmed, cancelled).when(cancel).thenRefused(.orderAlreadyCancelled)
        try order.given(placed, confirmed, cancelled).when(confirm).thenRefused(.orderAlreadyCancelled)
    }

    @Test func refusesAnOrderWithoutLines() throws {
        try order.given().when(.place(.example())).thenRefused(.linesMissing)
    }

    @Test(arguments: [0, -1, Int32.min])
    func refusesQuantitiesThatAreNotPositive(_ quantity: Int32) throws {
        try order.given().when(.place(.example(.line(), .line(quantity: quantity)))).thenRefused(.quantityNotPositive)
    }

    @Test(arguments: [-1, Int64.min])
    func refusesNegativePrices(_ price: Int64) throws {
        try order.given().when(.place(.example(.line(), .line(price: price)))).thenRefused(.priceNegative)
    }

    @Test func acceptsAPriceOfZero() throws {
        guard case .placed(let placed) = try decided(.line(quantity: 3, price: 0)) else { return }
        #expect(placed.units == 3)
        #expect(placed.totalMicros == 0)
    }

    @Test func refusesAmountsThatDoNotFit() throws {
        // One product, a sum of two, and a sum at the very edge.
        try order.given().when(.place(.example(.line(quantity: 2, price: .max / 2 + 1)))).thenRefused(.amountTooLarge)
        try order.given().when(.place(.example(.line(quantity: .max, price: .max)))).thenRefused(.amountTooLarge)
        try order.given().when(.place(.example(.line(quantity: 1, price: .max), .line(quantity: 1, price: 1)))).thenRefused(.amountTooLarge)
        guard case .placed(let placed) = try decided(.line(quantity: 1, price: .max - 1), .line(quantity: 1, price: 1)) else { return }
        #expect(placed.totalMicros == .max)
        #expect(placed.units == 2)
    }

    @Test func addsUnitsBeyond32Bits() throws {
        guard case .placed(let placed) = try decided(.line(quantity: .max, price: 1), .line(quantity: .max, price: 1)) else { return }
        #expect(placed.units == 4_294_967_294)
        #expect(placed.totalMicros == 4_294_967_294)
    }

    @Test func foldsIntoItsState() throws {
        #expect(order.given().state == OrderState())
        #expect(order.given(placed).state.status == .placed)
        #expect(order.given(placed, confirmed).state.status == .confirmed)
        let state = order.given(placed, confirmed, cancelled).state
        #expect(state.status == .cancelled)
        #expect(state.customerID == "17850")
        #expect(state.totalMicros == 22_080_002)
        #expect(try OrderState.codec.decode(OrderState.codec.encode(state)) == state)
    }

    private func decided(_ lines: Line...) throws -> OrderEvent {
        let events = try OrderDecider().decide(.place(.with { $0.lines = lines }), OrderState())
        return try #require(events.first)
    }
}
