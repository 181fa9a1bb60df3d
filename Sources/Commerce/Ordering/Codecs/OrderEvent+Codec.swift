import CommerceSchemas
public import EventModel
import ProtobufModel

extension OrderEvent {
    public static let codec = EventCodec<OrderEvent>(
        writing: { event in
            switch event {
            case .placed(let placed): .protobuf("order.placed.v1", placed)
            case .confirmed(let confirmed): .protobuf("order.confirmed.v1", confirmed)
            case .cancelled(let cancelled): .protobuf("order.cancelled.v1", cancelled)
            }
        },
        reading: .protobuf("order.placed.v1", OrderEvent.placed),
        .protobuf("order.confirmed.v1", OrderEvent.confirmed),
        .protobuf("order.cancelled.v1", OrderEvent.cancelled))
}
