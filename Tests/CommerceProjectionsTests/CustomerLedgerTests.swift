import Commerce
import EventModel
import HighwaterTesting
import Testing

@testable import CommerceProjections

@Suite struct CustomerLedgerTests {
    private let specification = ProjectionSpecification(CustomerLedger())

    @Test func addsUpOrdersAndReturns() async throws {
        let rows = try await specification.rows(
            after: history(
                ("order/1", Goods(units: 8, micros: 22_080_002).placed), ("order/2", Goods(units: 3, micros: 1).placed),
                ("order/2", .confirmed),
                ("return/C1", Goods(units: 2, micros: 5_000_000).registered), ("order/3", Goods(customer: "12583", micros: 7).placed)))
        let row = try #require(rows["17850"])
        #expect(
            row.figures
                == SalesFigures(
                    orders: 2, returns: 1, cancellations: 0, units: 11, returnedUnits: 2, grossMicros: 22_080_003,
                    returnedMicros: 5_000_000,
                    netMicros: 17_080_003))
        #expect(Set(rows.keys) == ["17850", "12583"])
        #expect(rows["12583"]?.figures.netMicros == 7)
    }

    @Test func keepsUnknownCustomersTogether() async throws {
        let rows = try await specification.rows(
            after: history(
                ("order/1", Goods(customer: nil, micros: 1).placed), ("order/2", Goods(customer: nil, micros: 2).placed),
                ("order/2", Goods(customer: nil, micros: 2).cancelled), ("return/C1", Goods(customer: nil, micros: 4).registered)))
        #expect(Set(rows.keys) == ["anonymous"])
        let figures = try #require(rows["anonymous"]?.figures)
        #expect(figures.orders == 1 && figures.cancellations == 1 && figures.returns == 1)
        #expect(figures.grossMicros == 1 && figures.returnedMicros == 4 && figures.netMicros == -3)
    }

    @Test func takesTimesAsTheyCome() async throws {
        let rows = try await specification.rows(
            after: history(
                ("order/2", Goods(seconds: someTime + 20).placed), ("order/3", Goods(seconds: someTime + 30).placed),
                ("order/1", Goods(seconds: someTime + 10, nanoseconds: 1000).placed), ("order/4", Goods(seconds: someTime + 15).placed)))
        #expect(rows["17850"]?.firstOrderAt?.description == "2010-12-01T08:26:10.000001Z")
        #expect(rows["17850"]?.lastOrderAt?.description == "2010-12-01T08:26:30Z")
    }

    @Test func countsACancelledOrderInItsTimesOnly() async throws {
        let first = Goods(seconds: someTime, units: 1, micros: 100)
        let last = Goods(seconds: someTime + 60, units: 2, micros: 200)
        let rows = try await specification.rows(
            after: history(
                ("order/1", first.placed), ("order/2", Goods(seconds: someTime + 30, units: 4, micros: 400).placed),
                ("order/3", last.placed),
                ("order/1", first.cancelled), ("order/3", last.cancelled)))
        let row = try #require(rows["17850"])
        #expect(row.figures == SalesFigures(orders: 1, cancellations: 2, units: 4, grossMicros: 400, netMicros: 400))
        #expect(row.firstOrderAt?.description == "2010-12-01T08:26:00Z")
        #expect(row.lastOrderAt?.description == "2010-12-01T08:27:00Z")
    }

    @Test func hasNoOrderTimesWhereThereAreOnlyReturns() async throws {
        let row = try #require(try await specification.rows(after: history(("return/C1", Goods().registered)))["17850"])
        #expect(row.firstOrderAt == nil)
        #expect(row.lastOrderAt == nil)
        #expect(row.figures.netMicros == -22_080_002)
    }
}
