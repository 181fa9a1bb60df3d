import CommerceSchemas
public import EventModel
import ProtobufModel

extension ReturnEvent {
    public static let codec = EventCodec<ReturnEvent>(
        writing: { event in
            switch event {
            case .registered(let registered): .protobuf("return.registered.v1", registered)
            }
        },
        reading: .protobuf("return.registered.v1", ReturnEvent.registered))
}
