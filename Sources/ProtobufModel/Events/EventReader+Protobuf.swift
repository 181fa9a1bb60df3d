public import EventModel
public import SwiftProtobuf

extension EventReader {
    /// Reads a type whose payload is the message that `wrap` takes: `.protobuf("order.placed.v1", OrderEvent.placed)`.
    @inlinable public static func protobuf<M: Message>(_ type: EventType, _ wrap: @escaping @Sendable (M) -> Event) -> EventReader {
        .protobuf(type, BinaryDecodingOptions(), wrap)
    }

    @inlinable static func protobuf<M: Message>(
        _ type: EventType, _ options: BinaryDecodingOptions, _ wrap: @escaping @Sendable (M) -> Event
    ) -> EventReader {
        EventReader(
            type,
            decode: { event throws(UnreadableEvent) in wrap(try read(M.self, event, options)) },
            json: { event throws(UnreadableEvent) in
                let message = try read(M.self, event, options)
                do {
                    return try message.jsonString()
                } catch {
                    throw UnreadableEvent(type: event.type, reason: "it has no JSON form: \(error)")
                }
            })
    }

    /// Reads a type whose payload has the fields of the message that `wrap` takes and others besides, which are passed over: a part of the
    /// work where a projection needs but some of what an event says. Its JSON is that part.
    @inlinable public static func part<M: Message>(of type: EventType, _ wrap: @escaping @Sendable (M) -> Event) -> EventReader {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        return .protobuf(type, options, wrap)
    }

    /// Reads a type that is written no more, and lifts it to an event of today. Its JSON stays as it was stored.
    ///
    /// ```swift
    /// .upcast("order.placed.v1", OrderPlaced.self) { old in .placed(OrderPlacedV2(old)) }
    /// ```
    @inlinable public static func upcast<M: Message>(
        _ type: EventType, _ message: M.Type, _ lift: @escaping @Sendable (M) -> Event
    ) -> EventReader {
        .protobuf(type, lift)
    }

    @inlinable static func read<M: Message>(
        _ message: M.Type, _ event: EncodedEvent, _ options: BinaryDecodingOptions
    ) throws(UnreadableEvent) -> M {
        // An event that says nothing more than that it happened.
        if event.data.isEmpty { return M() }
        do {
            return try M(shared: event.data, options)
        } catch {
            throw UnreadableEvent(type: event.type, reason: "it is no \(M.protoMessageName): \(error)")
        }
    }
}
