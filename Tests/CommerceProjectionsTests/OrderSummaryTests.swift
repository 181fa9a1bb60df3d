import Commerce
import CommerceSchemas
import EventModel
import HighwaterTesting
import Testing

@testable import CommerceProjections

@Suite struct OrderSummaryTests {
    private let specification = ProjectionSpecification(OrderSummary())

    @Test func showsAnOrderAsItWasPlaced() async throws {
        let rows = try await specification.rows(after: history(("order/1", Goods().placed)))
        let row = try #require(rows["1"])
        #expect(rows.count == 1)
        #expect(row.customerID == "17850")
        #expect(row.country == "United Kingdom")
        #expect(row.currency == "GBP")
        #expect(row.status == "placed")
        #expect(row.placedAt?.description == "2010-12-01T08:26:00Z")
        #expect(row.lines == 2)
        #expect(row.units == 8)
        #expect(row.totalMicros == 22_080_002)
    }

    @Test func followsWhatBecomesOfIt() async throws {
        let rows = try await specification.rows(
            after: history(
                ("order/1", Goods().placed), ("order/2", Goods().placed), ("order/3", Goods().placed), ("order/4", Goods().placed),
                ("order/2", .confirmed), ("order/3", Goods().cancelled), ("order/4", .confirmed), ("order/4", Goods().cancelled)))
        #expect(rows.mapValues(\.status) == ["1": "placed", "2": "confirmed", "3": "cancelled", "4": "cancelled"])
        // A cancelled order stays to be seen, with what it came to.
        #expect(rows.values.allSatisfy { $0.totalMicros == 22_080_002 && $0.units == 8 && $0.lines == 2 })
    }

    @Test func knowsNothingOfReturns() async throws {
        let rows = try await specification.rows(
            after: history(("order/1", Goods().placed), ("return/1", Goods().registered), ("return/2", Goods().registered)))
        #expect(Set(rows.keys) == ["1"])
        #expect(rows["1"]?.status == "placed")
    }

    @Test func leavesAnUnknownCustomerOut() async throws {
        let rows = try await specification.rows(
            after: history(("order/1", Goods(customer: nil).placed), ("order/2", Goods(customer: "").placed)))
        let unknown = try #require(rows["1"])
        #expect(unknown.customerID == nil)
        #expect(rows["2"]?.customerID == "")
    }

    @Test func keepsTheWholeRangeOfAmountsAndTimes() async throws {
        let rows = try await specification.rows(
            after: history(
                ("order/1", Goods(seconds: -62_135_596_800, units: .max, micros: .max).placed),
                ("order/2", Goods(seconds: 253_402_300_799, nanoseconds: 999_999_999, units: 1, micros: 0).placed)))
        #expect(rows["1"]?.totalMicros == .max)
        #expect(rows["1"]?.units == .max)
        #expect(rows["1"]?.placedAt?.description == "0001-01-01T00:00:00Z")
        #expect(rows["2"]?.placedAt?.description == "9999-12-31T23:59:59.999999Z")
        #expect(rows["2"]?.totalMicros == 0)
    }
}
