import Commerce
import CommerceSchemas
import EventModel
import SwiftProtobuf

/// An endless history of orders from a seed, six events an order on average: placed, confirmed several times (Commerce's decider allows
/// one; the rest stand for the steps that longer-lived aggregates have), half of them cancelled, and for half of them goods sent back.
/// Some thousands of orders are under way at once, so that a batch touches many rows.
struct OrderHistory {
    struct Step {
        let stream: String
        let version: Int64
        let at: Timestamp
        let event: EncodedEvent
    }

    private struct Order {
        let number: Int
        let message: OrderPlaced
        var version: Int64
        var confirmationsLeft: Int
        let isCancelled: Bool
        let isReturned: Bool
    }

    private static let concurrent = 4000
    private static let countries = [
        "United Kingdom", "Germany", "France", "EIRE", "Spain", "Netherlands", "Belgium", "Switzerland", "Portugal", "Australia", "Norway",
        "Italy", "Channel Islands", "Finland", "Cyprus", "Sweden", "Austria", "Denmark", "Japan", "Poland",
    ]
    private static let articles = [
        "WHITE HANGING HEART T-LIGHT HOLDER", "REGENCY CAKESTAND 3 TIER", "JUMBO BAG RED RETROSPOT", "PARTY BUNTING",
        "ASSORTED COLOUR BIRD ORNAMENT", "LUNCH BAG RED RETROSPOT", "SET OF 3 CAKE TINS PANTRY DESIGN", "POSTAGE",
    ]

    private var random: SplitMix64
    private var open: [Order] = []
    private var orders = 0
    private var steps: Int64 = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func next() -> Step {
        steps += 1
        if open.count < Self.concurrent { return place() }
        let index = random.below(open.count)
        if open[index].confirmationsLeft > 0 {
            open[index].confirmationsLeft -= 1
            open[index].version += 1
            return step(open[index], "order", .confirmed(OrderConfirmed()), version: open[index].version)
        }
        let order = open[index]
        open[index] = open[open.count - 1]
        open.removeLast()
        if order.isCancelled {
            return step(order, "order", .cancelled(cancellation(of: order.message)), version: order.version + 1)
        }
        if order.isReturned {
            return Step(
                stream: "return/\(order.number)", version: 1, at: now, event: ReturnEvent.codec.encode(.registered(goodsOf(order.message))))
        }
        return place()
    }

    /// A quarter of a minute for each step.
    private var now: Timestamp { Timestamp(microseconds: 1_291_192_000_000_000 + steps * 15_000_000) }

    private mutating func place() -> Step {
        orders += 1
        let time = now
        var message = OrderPlaced()
        if random.below(5) > 0 { message.customerID = "\(12_000 + random.below(40_000))" }
        message.country = Self.countries[min(random.below(Self.countries.count), random.below(Self.countries.count))]
        message.currency = "GBP"
        message.placedAt = Google_Protobuf_Timestamp(seconds: time.seconds, nanos: time.nanoseconds)
        for _ in 0...random.below(5) {
            var line = Line()
            line.sku = "\(20_000 + random.below(4000))"
            line.description_p = Self.articles[random.below(Self.articles.count)]
            line.quantity = Int32(1 + random.below(24))
            line.unitPriceMicros = Int64(1 + random.below(1500)) * 10_000
            message.units += Int64(line.quantity)
            message.totalMicros += line.unitPriceMicros * Int64(line.quantity)
            message.lines.append(line)
        }
        let fate = random.below(10)
        let order = Order(
            number: 500_000 + orders, message: message, version: 1, confirmationsLeft: 3 + random.below(3), isCancelled: fate < 5,
            isReturned: fate >= 5)
        open.append(order)
        return step(order, "order", .placed(message), version: 1)
    }

    private func step(_ order: Order, _ category: String, _ event: OrderEvent, version: Int64) -> Step {
        Step(stream: "\(category)/\(order.number)", version: version, at: now, event: OrderEvent.codec.encode(event))
    }

    private func cancellation(of placed: OrderPlaced) -> OrderCancelled {
        var message = OrderCancelled()
        if placed.hasCustomerID { message.customerID = placed.customerID }
        message.country = placed.country
        message.currency = placed.currency
        message.placedAt = placed.placedAt
        message.lines = placed.lines
        message.units = placed.units
        message.totalMicros = placed.totalMicros
        message.reason = "changed their mind"
        return message
    }

    private func goodsOf(_ placed: OrderPlaced) -> ReturnRegistered {
        var message = ReturnRegistered()
        if placed.hasCustomerID { message.customerID = placed.customerID }
        message.country = placed.country
        message.currency = placed.currency
        message.registeredAt = placed.placedAt
        message.lines = [placed.lines[0]]
        message.units = Int64(placed.lines[0].quantity)
        message.totalMicros = placed.lines[0].unitPriceMicros * Int64(placed.lines[0].quantity)
        return message
    }
}
