public import EventModel

extension OrderingEvent {
    /// Reads everything in the topic `ordering`.
    public static let codec = EventCodec<OrderingEvent>(
        writing: { event in
            switch event {
            case .order(let event): OrderEvent.codec.encode(event)
            case .return(let event): ReturnEvent.codec.encode(event)
            }
        },
        reading: .all(of: OrderEvent.codec, as: OrderingEvent.order),
        .all(of: ReturnEvent.codec, as: OrderingEvent.return))
}
