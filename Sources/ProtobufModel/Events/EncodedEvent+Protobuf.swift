public import EventModel
public import SwiftProtobuf

extension EncodedEvent {
    /// An event whose payload is `message` in protobuf's binary form.
    public static func protobuf(_ type: EventType, _ message: some Message) -> EncodedEvent {
        EncodedEvent(type: type, data: message.deterministicBytes[...])
    }
}
