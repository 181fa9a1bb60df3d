import CommerceSchemas
import EventModel
import ProtobufModel
import SwiftProtobuf
import Testing

@Suite struct ProtobufEventCodecTests {
    private enum Event: Hashable {
        case placed(OrderPlaced), confirmed(OrderConfirmed)
    }

    private static let codec = EventCodec<Event>(
        writing: { event in
            switch event {
            case .placed(let placed): .protobuf("order.placed.v1", placed)
            case .confirmed(let confirmed): .protobuf("order.confirmed.v1", confirmed)
            }
        },
        reading: .protobuf("order.placed.v1", Event.placed),
        .protobuf("order.confirmed.v1", Event.confirmed),
        .upcast("order.placed.v0", CancelOrder.self) { old in .placed(.with { $0.country = old.reason }) })

    @Test func readsWhatItWrites() throws {
        let event = Event.placed(
            .with {
                $0.country = "Norway"
                $0.units = .max
                $0.lines = [.with { $0.unitPriceMicros = .min }]
            })
        let encoded = Self.codec.encode(event)
        #expect(encoded.type == "order.placed.v1")
        #expect(try Self.codec.decode(encoded) == event)
        #expect(
            try Self.codec.json(encoded)
                == #"{"country":"Norway","lines":[{"unitPriceMicros":"-9223372036854775808"}],"units":"9223372036854775807"}"#)
    }

    @Test func readsASliceOfALargerBuffer() throws {
        let data = Self.codec.encode(.placed(.with { $0.country = "Norway" })).data
        let buffer = [1, 2, 3] + data + [4, 5]
        let event = EncodedEvent(type: "order.placed.v1", data: buffer[3..<(3 + data.count)])
        #expect(try Self.codec.decode(event) == .placed(.with { $0.country = "Norway" }))
    }

    @Test func liftsOldEvents() throws {
        let old = EncodedEvent.protobuf("order.placed.v0", CancelOrder.with { $0.reason = "Norway" })
        #expect(try Self.codec.decode(old) == .placed(.with { $0.country = "Norway" }))
        #expect(try Self.codec.json(old) == #"{"reason":"Norway"}"#)
        #expect(Self.codec.types.contains("order.placed.v0"))
    }

    @Test func saysWhatItCannotRead() {
        let damaged = EncodedEvent(type: "order.placed.v1", data: [0x0A, 0xFF])
        #expect { try Self.codec.decode(damaged) } throws: { error in
            (error as? UnreadableEvent)?.type == "order.placed.v1"
                && "\(error)".hasPrefix("the payload of a order.placed.v1 event cannot be read: it is no commerce.ordering.v1.OrderPlaced")
        }
        #expect(throws: UnreadableEvent.self) { try Self.codec.json(damaged) }
    }

    @Test func keepsFieldsOfANewerWriter() throws {
        // Field 99, which this schema does not know.
        let newer = EncodedEvent(type: "order.confirmed.v1", data: [0x9A, 0x06, 0x01, 0x41])
        let event = try #require(try Self.codec.decode(newer))
        #expect(Self.codec.encode(event).data == newer.data)
    }
}

@Suite struct ProtobufStateCodecTests {
    @Test func keepsAMessage() throws {
        let codec = StateCodec<OrderState>.protobuf
        let state = OrderState.with {
            $0.status = .confirmed
            $0.totalMicros = 1
        }
        #expect(try codec.decode(codec.encode(state)) == state)
        #expect(try codec.json(state) == #"{"status":"CONFIRMED","totalMicros":"1"}"#)
        #expect(throws: (any Error).self) { try codec.decode([0xFF]) }
    }

    @Test func keepsAnotherTypeAsAMessage() throws {
        let codec = StateCodec<String>.protobuf(CancelOrder.self, encode: { text in .with { $0.reason = text } }, decode: { $0.reason })
        #expect(try codec.decode(codec.encode("late")) == "late")
        #expect(try codec.json("late") == #"{"reason":"late"}"#)
    }
}

@Suite struct ProtobufTimestampTests {
    @Test func convertsBothWays() {
        for microseconds in [0, 1, -1, 1_291_191_960_000_000, -62_135_596_800_000_000, 253_402_300_799_999_999] as [Int64] {
            let timestamp = Timestamp(microseconds: microseconds)
            #expect(Timestamp(clamping: Google_Protobuf_Timestamp(timestamp)) == timestamp)
        }
    }

    @Test func clamps() {
        #expect(Timestamp(clamping: .init(seconds: .min, nanos: 0)).description == "0001-01-01T00:00:00Z")
        #expect(Timestamp(clamping: .init(seconds: .max, nanos: 0)).description == "9999-12-31T23:59:59.999999Z")
        #expect(Timestamp(clamping: .init(seconds: 0, nanos: -5)).description == "1970-01-01T00:00:00Z")
        #expect(Timestamp(clamping: .init(seconds: 0, nanos: .max)).description == "1970-01-01T00:00:00.999999Z")
    }
}
