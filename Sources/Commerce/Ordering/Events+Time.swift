public import CommerceSchemas
public import EventModel
import ProtobufModel

// The times of the messages, for those who read whole events; most projections read a part of them.

extension OrderPlaced {
    public var placedTimestamp: Timestamp { Timestamp(clamping: placedAt) }
}

extension OrderCancelled {
    /// When the order was placed, not when it was cancelled.
    public var placedTimestamp: Timestamp { Timestamp(clamping: placedAt) }
}

extension ReturnRegistered {
    public var registeredTimestamp: Timestamp { Timestamp(clamping: registeredAt) }
}
