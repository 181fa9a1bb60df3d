import Commerce
import CommerceSchemas
import EventModel
import SwiftProtobuf
import Testing

@testable import CommerceProjections

/// The messages that leave fields out read the same as those that were written.
@Suite struct ReadingsTests {
    private let goods = Goods(customer: "17850", country: "Channel Islands", nanoseconds: 250_000_000, units: 7, micros: .max)

    private func read<Event: OrderingReading>(_ event: OrderingEvent) throws -> Event? {
        let encoded = OrderingEvent.codec.encode(event)
        return try EventReader.finder(Event.readers)(encoded.type)?(encoded)
    }

    @Test(arguments: ["17850", "", nil]) func readsASale(customer: String?) throws {
        var goods = goods
        goods.customer = customer
        for event in [goods.placed, goods.cancelled, goods.registered] {
            let sale = try #require(try read(event) as SalesEvent?).sale
            #expect(sale.hasCustomerID == (customer != nil) && sale.customerID == customer ?? "")
            #expect(sale.country == "Channel Islands")
            #expect(sale.time.description == "2010-12-01T08:26:00.25Z")
            #expect(sale.units == 7 && sale.totalMicros == .max)
            // What is left out is not kept either.
            #expect(sale.unknownFields == UnknownStorage())
        }
    }

    @Test func tellsSalesApart() throws {
        guard case .placed = try read(goods.placed) as SalesEvent?, case .cancelled = try read(goods.cancelled) as SalesEvent?,
            case .returned = try read(goods.registered) as SalesEvent?
        else {
            Issue.record("an event was read as another")
            return
        }
        let confirmed: SalesEvent? = try read(.confirmed)
        if confirmed != nil { Issue.record("a confirmation is no sale") }
    }

    @Test func readsAnOrderAndCountsItsLines() throws {
        guard case .placed(let order) = try read(goods.placed) as OrderSummary.Event? else {
            Issue.record("a placed order was read as another event")
            return
        }
        #expect(order.customerID == "17850" && order.country == "Channel Islands" && order.currency == "GBP")
        #expect(order.lines == [Unread(), Unread()])
        #expect(order.units == 7 && order.totalMicros == .max)
    }

    /// The fields that have been left out, though, must still be fields.
    @Test func refusesADamagedPayload() throws {
        let encoded = OrderingEvent.codec.encode(goods.placed)
        for damaged in [EncodedEvent(type: encoded.type, data: encoded.data.dropLast()), EncodedEvent(type: encoded.type, data: [0x0F])] {
            #expect(throws: UnreadableEvent.self) { try EventReader.finder(SalesEvent.readers)(damaged.type)?(damaged) }
        }
    }
}
