import Commerce
import CommerceProjections
import CommerceSchemas
import EventModel
import HighwaterTesting
import SwiftProtobuf

/// 2010-12-01T08:26:00Z
let someTime: Int64 = 1_291_191_960

/// What was ordered or sent back, as the events repeat it.
struct Goods {
    var customer: String? = "17850"
    var country = "United Kingdom"
    var seconds = someTime
    var nanoseconds: Int32 = 0
    var units: Int64 = 8
    var micros: Int64 = 22_080_002

    private var time: Google_Protobuf_Timestamp { Google_Protobuf_Timestamp(seconds: seconds, nanos: nanoseconds) }

    var placed: OrderingEvent { .order(.placed(order())) }
    var cancelled: OrderingEvent { .order(.cancelled(order { $0.reason = "too late" })) }

    var registered: OrderingEvent {
        .return(
            .registered(
                .with {
                    if let customer { $0.customerID = customer }
                    $0.country = country
                    $0.currency = "GBP"
                    $0.registeredAt = time
                    $0.lines = [Line()]
                    $0.units = units
                    $0.totalMicros = micros
                }))
    }

    private func order<M: OrderMessage>(_ change: (inout M) -> Void = { _ in }) -> M {
        .with {
            if let customer { $0.customerID = customer }
            $0.country = country
            $0.currency = "GBP"
            $0.placedAt = time
            $0.lines = [Line.with { $0.sku = "85123A" }, Line()]
            $0.units = units
            $0.totalMicros = micros
            change(&$0)
        }
    }
}

/// What an order's events say of it.
private protocol OrderMessage: Message {
    var customerID: String { get set }
    var country: String { get set }
    var currency: String { get set }
    var placedAt: Google_Protobuf_Timestamp { get set }
    var lines: [Line] { get set }
    var units: Int64 { get set }
    var totalMicros: Int64 { get set }
}

extension OrderPlaced: OrderMessage {}
extension OrderCancelled: OrderMessage {}

extension OrderingEvent {
    static let confirmed = OrderingEvent.order(.confirmed(OrderConfirmed()))
}

/// What a projection reads of the events in `ordering`.
protocol OrderingReading: Sendable {
    static var readers: [EventReader<Self>] { get }
}

extension SalesEvent: OrderingReading {}
extension OrderSummary.Event: OrderingReading {}

/// The events as a projection reads them from the bytes that the domain has written.
func history<Event: OrderingReading>(_ events: (stream: String, event: OrderingEvent)...) throws -> RecordedHistory<Event> {
    try history(of: events)
}

func history<Event: OrderingReading>(of events: [(stream: String, event: OrderingEvent)]) throws -> RecordedHistory<Event> {
    let reader = EventReader.finder(Event.readers)
    var history = RecordedHistory<Event>()
    for (stream, event) in events {
        let encoded = OrderingEvent.codec.encode(event)
        if let read = reader(encoded.type), let event = try read(encoded) { history.record(stream, event) }
    }
    return history
}
