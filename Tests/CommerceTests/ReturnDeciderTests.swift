import Commerce
import CommerceSchemas
import EventModel
import HighwaterTesting
import SwiftProtobuf
import Testing

@Suite struct ReturnDeciderTests {
    private let `return` = DeciderSpecification(ReturnDecider(), codec: ReturnEvent.codec)

    @Test func registersGoodsSentBack() throws {
        let history = try `return`.given().when(.register(.example(.line(quantity: 1)))).then(.registered(.example))
        #expect(history.state.registered)
        #expect(history.state.totalMicros == 2_550_000)
    }

    @Test func refusesToRegisterTwice() throws {
        try `return`.given(.registered(.example)).when(.register(.example(.line()))).thenRefused(.returnAlreadyRegistered)
    }

    @Test func holdsLinesToTheRulesOfOrders() throws {
        try `return`.given().when(.register(.example())).thenRefused(.linesMissing)
        try `return`.given().when(.register(.example(.line(quantity: 0)))).thenRefused(.quantityNotPositive)
        try `return`.given().when(.register(.example(.line(price: -1)))).thenRefused(.priceNegative)
        try `return`.given().when(.register(.example(.line(quantity: 2, price: .max)))).thenRefused(.amountTooLarge)
    }
}

@Suite struct OrderingRefusalTests {
    /// The names are a contract with callers.
    @Test func hasTheNamesOfTheContract() {
        let refusals: [OrderingRefusal] = [
            .orderAlreadyPlaced, .orderNotPlaced, .orderAlreadyConfirmed, .orderAlreadyCancelled, .returnAlreadyRegistered, .linesMissing,
            .quantityNotPositive, .priceNegative, .amountTooLarge,
        ]
        #expect(
            refusals.map(\.name) == [
                "order-already-placed", "order-not-placed", "order-already-confirmed", "order-already-cancelled",
                "return-already-registered",
                "lines-missing", "quantity-not-positive", "price-negative", "amount-too-large",
            ])
        #expect(refusals.allSatisfy { !$0.explanation.isEmpty })
    }
}
