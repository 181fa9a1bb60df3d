import EventModel

/// The event types met so far. A log has few, and each is one string, however many events are of it.
struct EventTypeCache: Sendable {
    /// Beyond these, a type is read anew each time.
    private static let limit = 64

    private var known: [EventType] = []
    private var last = 0

    /// - Throws: where the bytes are no UTF-8.
    mutating func type(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> EventType {
        if last < known.count, known[last].hasBytes(bytes) { return known[last] }
        if let index = known.firstIndex(where: { $0.hasBytes(bytes) }) {
            last = index
            return known[index]
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw WireError("an event's type is not UTF-8") }
        if known.count < Self.limit { known.append(EventType(text)) }
        return EventType(text)
    }
}

extension EventType {
    fileprivate func hasBytes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let utf8 = description.utf8
        guard utf8.count == bytes.count else { return false }
        return utf8.withContiguousStorageIfAvailable { UnsafeRawBufferPointer($0).hasSameBytes(as: bytes) } ?? utf8.elementsEqual(bytes)
    }
}
