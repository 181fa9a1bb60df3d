import EventModel
import Testing

@Suite struct EventCodecTests {
    private static let letters = codec("letter.v1", as: { $0 })
    private static let digits = codec("digit.v1", as: { $0 })

    private static func codec(_ type: EventType, as wrap: @escaping @Sendable (String) -> String) -> EventCodec<String> {
        EventCodec(
            writing: { EncodedEvent(type: type, data: Array($0.utf8)[...]) },
            reading: EventReader(
                type,
                decode: { event throws(UnreadableEvent) in
                    if event.data.isEmpty { throw UnreadableEvent(type: event.type, reason: "empty") }
                    return wrap(String(decoding: event.data, as: UTF8.self))
                },
                json: { event throws(UnreadableEvent) in "\"\(String(decoding: event.data, as: UTF8.self))\"" }))
    }

    private enum Sign: Hashable {
        case letter(String), digit(String)
    }

    private static let signs = EventCodec<Sign>(
        writing: { sign in
            switch sign {
            case .letter(let text): letters.encode(text)
            case .digit(let text): digits.encode(text)
            }
        },
        reading: .all(of: letters, as: Sign.letter), .all(of: digits, as: Sign.digit))

    @Test func combinesCodecs() throws {
        #expect(Self.signs.types == ["letter.v1", "digit.v1"])
        for sign in [Sign.letter("a"), .digit("1")] {
            let encoded = Self.signs.encode(sign)
            #expect(try Self.signs.decode(encoded) == sign)
            #expect(try Self.signs.json(encoded) != nil)
        }
    }

    @Test func leavesUnknownTypesToOthers() throws {
        let foreign = EncodedEvent(type: "other.v1", data: [])
        #expect(try Self.signs.decode(foreign) == nil)
        #expect(try Self.signs.json(foreign) == nil)
    }

    @Test func passesOnWhatCannotBeRead() {
        #expect(throws: UnreadableEvent(type: "digit.v1", reason: "empty")) {
            try Self.signs.decode(EncodedEvent(type: "digit.v1", data: []))
        }
    }

    @Test func refusesTwoReadersOfOneType() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let reader = EventReader<String>(
                "letter.v1", decode: { _ throws(UnreadableEvent) in "" }, json: { _ throws(UnreadableEvent) in "" })
            _ = EventCodec<String>(writing: { _ in EncodedEvent(type: "letter.v1", data: []) }, reading: reader, reader)
        }
        let output = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(output.contains("the event type 'letter.v1' has two readers in one codec"))
    }
}
