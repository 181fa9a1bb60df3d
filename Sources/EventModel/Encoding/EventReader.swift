/// How the payloads of one or more event types are read back as events; an ``EventCodec`` is made of these.
public struct EventReader<Event: Sendable>: Sendable {
    @usableFromInline let types: [EventType]
    /// What reads one of ``types``.
    @usableFromInline let reader: @Sendable (EventType) -> EventCodec<Event>.Reader
    @usableFromInline let json: @Sendable (EncodedEvent) throws(UnreadableEvent) -> String

    // Inlinable, with what is made of them, so that reading is compiled for the types of the domain: half of what it costs otherwise.

    /// Reads one event type. The closures are only given events of that type.
    @inlinable public init(
        _ type: EventType,
        decode: @escaping @Sendable (EncodedEvent) throws(UnreadableEvent) -> Event,
        json: @escaping @Sendable (EncodedEvent) throws(UnreadableEvent) -> String
    ) {
        types = [type]
        reader = { _ in decode }
        self.json = json
    }

    /// Reads every type that `codec` reads, for the codec of a whole context: `.all(of: OrderEvent.codec, as: OrderingEvent.order)`.
    @inlinable public static func all<Part>(of codec: EventCodec<Part>, as wrap: @escaping @Sendable (Part) -> Event) -> EventReader {
        EventReader(
            types: Array(codec.types),
            reader: { type in
                guard let read = codec.reader(type) else { return { event throws(UnreadableEvent) in throw unknown(event) } }
                return { event throws(UnreadableEvent) in
                    guard let part = try read(event) else { throw unknown(event) }
                    return wrap(part)
                }
            },
            json: { event throws(UnreadableEvent) in
                guard let text = try codec.json(event) else { throw unknown(event) }
                return text
            })
    }

    @usableFromInline init(
        types: [EventType],
        reader: @escaping @Sendable (EventType) -> EventCodec<Event>.Reader,
        json: @escaping @Sendable (EncodedEvent) throws(UnreadableEvent) -> String
    ) {
        self.types = types
        self.reader = reader
        self.json = json
    }

    /// Finds, among `readers`, what reads a type; nil for a type that none of them reads.
    ///
    /// - Precondition: no type has two readers.
    public static func finder(_ readers: [EventReader]) -> @Sendable (EventType) -> EventCodec<Event>.Reader? {
        let decoders = byType(readers).map { type, reader in (type, reader.reader(type)) }
        let index = Dictionary(uniqueKeysWithValues: decoders)
        return { index[$0] }
    }

    static func byType(_ readers: [EventReader]) -> [EventType: EventReader] {
        var byType: [EventType: EventReader] = [:]
        for reader in readers {
            for type in reader.types {
                precondition(byType.updateValue(reader, forKey: type) == nil, "the event type '\(type)' has two readers in one codec")
            }
        }
        return byType
    }

    @usableFromInline static func unknown(_ event: EncodedEvent) -> UnreadableEvent {
        UnreadableEvent(type: event.type, reason: "its codec lists the type and does not read it")
    }
}

extension EventCodec {
    /// Puts a codec together from how events are written and how each type that was ever released is read.
    ///
    /// Writing is one function, so that the compiler finds the event that it forgets; reading is a list, since it also knows the
    /// types that are written no more.
    ///
    /// ```swift
    /// static let codec = EventCodec(
    ///     writing: { event in
    ///         switch event {
    ///         case .order(let event): OrderEvent.codec.encode(event)
    ///         case .return(let event): ReturnEvent.codec.encode(event)
    ///         }
    ///     },
    ///     reading: .all(of: OrderEvent.codec, as: OrderingEvent.order), .all(of: ReturnEvent.codec, as: OrderingEvent.return))
    /// ```
    /// - Precondition: no type has two readers.
    public init(writing encode: @escaping @Sendable (Event) -> EncodedEvent, reading readers: EventReader<Event>...) {
        let index = EventReader.byType(readers)
        let find = EventReader.finder(readers)
        self.init(
            types: Set(index.keys),
            encode: { event in
                let encoded = encode(event)
                assert(index[encoded.type] != nil, "the event type '\(encoded.type)' is written and has no reader")
                return encoded
            },
            decode: { event throws(UnreadableEvent) in
                guard let read = find(event.type) else { return nil }
                return try read(event)
            },
            reader: find,
            json: { event throws(UnreadableEvent) in
                guard let reader = index[event.type] else { return nil }
                return try reader.json(event)
            })
    }
}
