import Commerce
import EventModel
import HighwaterTesting
import Testing

@testable import CommerceProjections

@Suite struct SalesTests {
    private let byDay = ProjectionSpecification(SalesByDay())
    private let byCountry = ProjectionSpecification(SalesByCountry())

    /// 2010-12-02T00:00:00Z
    private let midnight: Int64 = 1_291_248_000

    @Test func aDayBeginsAtMidnightUTC() async throws {
        let rows = try await byDay.rows(
            after: history(
                ("order/1", Goods(seconds: midnight - 1, nanoseconds: 999_999_999, micros: 1).placed),
                ("order/2", Goods(seconds: midnight, micros: 2).placed), ("return/C3", Goods(seconds: midnight - 1, micros: 4).registered),
                ("return/C4", Goods(seconds: midnight + 86_399, micros: 8).registered),
                ("order/5", Goods(seconds: midnight + 86_400, micros: 16).placed)))
        #expect(rows.mapValues(\.figures.netMicros) == ["2010-12-01": -3, "2010-12-02": -6, "2010-12-03": 16])
    }

    @Test func knowsDaysBefore1970AndInLeapYears() async throws {
        let rows = try await byDay.rows(
            after: history(
                ("order/1", Goods(seconds: -1).placed), ("order/2", Goods(seconds: 951_782_400).placed),
                ("order/3", Goods(seconds: -62_135_596_800).placed), ("order/4", Goods(seconds: 253_402_300_799).placed)))
        #expect(Set(rows.keys) == ["1969-12-31", "2000-02-29", "0001-01-01", "9999-12-31"])
    }

    @Test func aCancelledOrderLeavesTheFiguresOfItsDay() async throws {
        let goods = Goods(seconds: midnight - 1, units: 5, micros: 500)
        // Cancelled, by the time of the command, much later.
        let rows = try await byDay.rows(
            after: history(
                ("order/1", goods.placed), ("order/2", Goods(seconds: midnight - 2, units: 1, micros: 10).placed), ("order/1", .confirmed),
                ("order/1", goods.cancelled)))
        #expect(
            rows.mapValues(\.figures)
                == ["2010-12-01": SalesFigures(orders: 1, cancellations: 1, units: 1, grossMicros: 10, netMicros: 10)])
    }

    @Test func aDayOfNothingButACancelledOrderStays() async throws {
        let rows = try await byDay.rows(after: history(("order/1", Goods().placed), ("order/1", Goods().cancelled)))
        #expect(rows.mapValues(\.figures) == ["2010-12-01": SalesFigures(cancellations: 1)])
    }

    @Test func countriesAddUpTheirOrdersAndReturns() async throws {
        let france = Goods(customer: nil, country: "France", units: 2, micros: 30)
        let rows = try await byCountry.rows(
            after: history(
                ("order/1", france.placed), ("order/2", Goods(units: 1, micros: 1).placed), ("return/C1", france.registered),
                ("order/3", france.placed), ("order/3", france.cancelled), ("order/3", .confirmed)))
        #expect(
            rows.mapValues(\.figures) == [
                "France": SalesFigures(
                    orders: 1, returns: 1, cancellations: 1, units: 2, returnedUnits: 2, grossMicros: 30, returnedMicros: 30, netMicros: 0),
                "United Kingdom": SalesFigures(orders: 1, units: 1, grossMicros: 1, netMicros: 1),
            ])
    }

    @Test func keepsAmountsAtTheLimitOf64Bits() async throws {
        let rows = try await byCountry.rows(
            after: history(
                ("order/1", Goods(units: .max, micros: .max).placed),
                ("return/C1", Goods(country: "France", units: .max, micros: .max).registered)))
        #expect(rows["United Kingdom"]?.figures.grossMicros == Int128(Int64.max))
        #expect(rows["United Kingdom"]?.figures.units == Int128(Int64.max))
        #expect(rows["France"]?.figures.netMicros == -Int128(Int64.max))
    }

    /// However many orders of the largest amount are accepted, within a partition and over several.
    @Test func sumsAreExactBeyond64Bits() async throws {
        let largest = Goods(units: .max, micros: .max)
        var events = (1...16).map { (stream: "order/\($0)", event: largest.placed) }
        events += [("order/1", largest.cancelled), ("return/C1", largest.registered), ("return/C2", largest.registered)]
        let rows = try await byCountry.rows(after: history(of: events))
        let most = Int128(Int64.max)
        #expect(
            rows.mapValues(\.figures) == [
                "United Kingdom": SalesFigures(
                    orders: 15, returns: 2, cancellations: 1, units: 15 * most, returnedUnits: 2 * most, grossMicros: 15 * most,
                    returnedMicros: 2 * most, netMicros: 13 * most)
            ])
    }

    /// A sum may pass the limit in between; it is exact again once it is back within.
    @Test func aSumMayPassTheLimitInBetween() async throws {
        let rows = try await byCountry.rows(
            after: history(
                ("order/1", Goods(micros: .max).placed), ("order/2", Goods(micros: .max).placed), ("order/3", Goods(micros: 5).placed),
                ("order/1", Goods(micros: .max).cancelled), ("order/2", Goods(micros: .max).cancelled)))
        #expect(rows["United Kingdom"]?.figures.grossMicros == 5)
    }
}
