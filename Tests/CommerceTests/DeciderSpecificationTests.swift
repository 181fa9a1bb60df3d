import Commerce
import CommerceSchemas
import EventModel
import HighwaterTesting
import SwiftProtobuf
import Testing

/// That the test kit can fail.
@Suite struct DeciderSpecificationTests {
    private let order = DeciderSpecification(OrderDecider(), codec: OrderEvent.codec)
    private let confirm = OrderCommand.confirm(ConfirmOrder())
    private let confirmed = OrderEvent.confirmed(OrderConfirmed())

    private func message(of specification: () throws -> Void) throws -> String {
        do {
            try specification()
            return "held"
        } catch let failure as SpecificationFailure {
            return failure.description
        }
    }

    @Test func tellsWhatWasExpectedAndWhatHappened() throws {
        let text = try message { try order.given(.placed(.example)).when(confirm).thenNothing(file: "Orders.swift", line: 7) }
        #expect(text.hasPrefix("Orders.swift:7\ngiven"))
        #expect(text.contains("expected no events"))
        #expect(text.contains("decided  confirmed"))
    }

    @Test func noticesEachDifference() throws {
        #expect(try message { try order.given().when(confirm).then(confirmed) }.contains("refused  order-not-placed"))
        #expect(try message { try order.given().when(confirm).thenNothing() }.contains("refused  order-not-placed"))
        #expect(try message { try order.given(.placed(.example)).when(confirm).thenRefused(.orderNotPlaced) }.contains("decided"))
        #expect(
            try message { try order.given().when(confirm).thenRefused(.orderAlreadyConfirmed) }.contains("refused  order-not-placed"))
        #expect(try message { try order.given(.placed(.example)).when(confirm).then(confirmed, confirmed) }.contains("expected confirmed"))
        #expect(try message { try order.given(.placed(.example)).when(confirm).then(confirmed) } == "held")
    }

    @Test func noticesACodecThatLosesSomething() throws {
        let forgetful = EventCodec<OrderEvent>(
            types: OrderEvent.codec.types, encode: OrderEvent.codec.encode,
            decode: { _ throws(UnreadableEvent) in .confirmed(OrderConfirmed()) }, json: OrderEvent.codec.json)
        let order = DeciderSpecification(OrderDecider(), codec: forgetful)
        #expect(try message { try order.given(.placed(.example)).when(confirm).then(confirmed) }.contains("the codec changes an event"))
    }

    @Test func noticesACodecThatDoesNotReadWhatItWrites() throws {
        let deaf = EventCodec<OrderEvent>(
            types: [], encode: OrderEvent.codec.encode, decode: OrderEvent.codec.decode, json: OrderEvent.codec.json)
        let order = DeciderSpecification(OrderDecider(), codec: deaf)
        #expect(try message { try order.given(.placed(.example)).when(confirm).then(confirmed) }.contains("does not read it"))
    }
}
