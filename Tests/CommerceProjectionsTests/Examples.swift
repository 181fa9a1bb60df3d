import Commerce
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

    var placed: OrderingEvent {
        .order(
            .placed(
                .with {
                    if let customer { $0.customerID = customer }
                    $0.country = country
                    $0.currency = "GBP"
                    $0.placedAt = time
                    $0.lines = [Line(), Line()]
                    $0.units = units
                    $0.totalMicros = micros
                }))
    }

    var cancelled: OrderingEvent {
        .order(
            .cancelled(
                .with {
                    if let customer { $0.customerID = customer }
                    $0.country = country
                    $0.currency = "GBP"
                    $0.placedAt = time
                    $0.lines = [Line(), Line()]
                    $0.units = units
                    $0.totalMicros = micros
                    $0.reason = "too late"
                }))
    }

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
}

extension OrderingEvent {
    static let confirmed = OrderingEvent.order(.confirmed(OrderConfirmed()))
}

func history(_ events: (stream: String, event: OrderingEvent)...) -> RecordedHistory<OrderingEvent> {
    var history = RecordedHistory<OrderingEvent>()
    for (stream, event) in events { history.record(stream, event) }
    return history
}
