public import CommerceSchemas
public import EventModel
import ProtobufModel

extension OrderState {
    public static let codec = StateCodec<OrderState>.protobuf
    /// Raised whenever ``OrderDecider`` folds the same events into another state; kept states of other versions are discarded.
    public static let foldVersion = 1
}

extension ReturnState {
    public static let codec = StateCodec<ReturnState>.protobuf
    /// As ``OrderState/foldVersion``, of ``ReturnDecider``.
    public static let foldVersion = 1
}
