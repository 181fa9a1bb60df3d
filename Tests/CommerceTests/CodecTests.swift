import Commerce
import CommerceSchemas
import EventModel
import Foundation
import SwiftProtobuf
import Testing

/// Released events must go on being read as they were. Each type has a payload (in hex) and its JSON under Schemas/.
@Suite struct GoldenEventTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Schemas/commerce/ordering/v1/golden").standardized

    private static let examples: [EventType: OrderingEvent] = [
        "order.placed.v1": .order(.placed(.example)),
        "order.confirmed.v1": .order(.confirmed(OrderConfirmed())),
        "order.cancelled.v1": .order(.cancelled(.example(reason: "too late"))),
        "return.registered.v1": .return(.registered(.example)),
    ]

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test(arguments: OrderingEvent.codec.types.sorted { $0.description < $1.description })
    func goesOnBeingRead(_ type: EventType) throws {
        let example = try #require(Self.examples[type], "a new event type needs an example here and golden files")
        let hex = OrderingEvent.codec.encode(example).data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let golden = try Self.text("\(type).hex").filter { !$0.isWhitespace }
        #expect(hex == golden, "the type is written in another way than it was released")
        let bytes = try stride(from: 0, to: golden.count, by: 2).map { start in
            try #require(UInt8(golden.dropFirst(start).prefix(2), radix: 16))
        }
        let stored = EncodedEvent(type: type, data: bytes[...])
        #expect(try OrderingEvent.codec.decode(stored) == example)
        #expect(try OrderingEvent.codec.json(stored) == Self.text("\(type).json"))
    }

    @Test func coversEveryReleasedType() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        let released = Set(files.map { EventType($0.replacing(/\.(hex|json)$/, with: "")) })
        #expect(released == OrderingEvent.codec.types, "a released type must stay readable")
    }
}

@Suite struct OrderCommandCodecTests {
    private func place(_ body: String) throws(InvalidField) -> OrderCommand {
        try OrderCommand.codecs[0].parse(Array(body.utf8)[...]).command
    }

    private static let body = """
        {"customerId":"17850","country":"United Kingdom","currency":"GBP","placedAt":"2010-12-01T08:26:00Z","lines":[{"sku":"85123A",\
        "description":"WHITE HANGING HEART T-LIGHT HOLDER","quantity":6,"unitPriceMicros":"2550000"}]}
        """

    @Test func hasTheNamesOfTheContract() {
        #expect(OrderCommand.codecs.map(\.name) == ["place", "confirm", "cancel"])
        #expect(ReturnCommand.codecs.map(\.name) == ["register"])
    }

    @Test func readsTheContractsBodies() throws {
        #expect(try place(Self.body) == .place(.example(.line())))
        let numeric = Self.body.replacing("\"2550000\"", with: "2550000")
        #expect(try place(numeric) == .place(.example(.line())))
        #expect(try OrderCommand.codecs[1].parse(Array("{}".utf8)[...]).command == .confirm(ConfirmOrder()))
        #expect(try OrderCommand.codecs[2].parse(Array(#"{"reason":"late"}"#.utf8)[...]).command == .cancel(.with { $0.reason = "late" }))
        let back = Self.body.replacing("placedAt", with: "registeredAt")
        #expect(try ReturnCommand.codecs[0].parse(Array(back.utf8)[...]).command == .register(.example(.line())))
    }

    @Test(arguments: [
        ("\"United Kingdom\"", "\"\"", "country"),
        ("\"country\":\"United Kingdom\",", "", "country"),
        ("United Kingdom", String(repeating: "x", count: 101), "country"),
        ("\"currency\":\"GBP\",", "", "currency"),
        ("GBP", "gbp", "currency"), ("GBP", "GB", "currency"), ("GBP", "GBPP", "currency"), ("GBP", "G1P", "currency"),
        ("GBP", "ÄÖÜ", "currency"),
        ("\"placedAt\":\"2010-12-01T08:26:00Z\",", "", "placedAt"),
        ("2010-12-01T08:26:00Z", "10000-12-01T08:26:00Z", "placedAt"),
        ("\"17850\"", "\"\"", "customerId"), ("17850", String(repeating: "1", count: 129), "customerId"),
        ("\"85123A\"", "\"\"", "lines[0].sku"), ("\"sku\":\"85123A\",", "", "lines[0].sku"),
        ("85123A", String(repeating: "x", count: 65), "lines[0].sku"),
        ("WHITE", String(repeating: "x", count: 1001), "lines[0].description"),
        ("\"quantity\":6", "\"quantity\":6.5", "lines[0].quantity"),
        ("\"quantity\":6", "\"quantity\":2147483648", "lines[0].quantity"),
        ("\"2550000\"", "2.55", "lines[0].unitPriceMicros"),
        ("\"2550000\"", "\"9223372036854775808\"", "lines[0].unitPriceMicros"),
        ("WHITE", "\\u0000", "lines[0].description"),
        ("\"sku\"", "\"SKU\"", "lines[0].SKU"),
    ])
    func namesTheFieldAtFault(_ part: String, _ replacement: String, _ field: String) throws {
        let body = Self.body.replacing(part, with: replacement, maxReplacements: 1)
        #expect(body != Self.body)
        #expect { try place(body) } throws: { ($0 as? InvalidField)?.field == field }
    }

    @Test func leavesTheDomainsRulesToTheDomain() throws {
        for (part, replacement) in [("\"quantity\":6", "\"quantity\":-6"), ("\"2550000\"", "\"-1\"")] {
            _ = try place(Self.body.replacing(part, with: replacement))
        }
        _ = try place(#"{"country":"Norway","currency":"NOK","placedAt":"2010-12-01T08:26:00Z"}"#)
    }

    @Test func limitsReasons() throws {
        let codec = OrderCommand.codecs[2]
        let longest = String(repeating: "ö", count: 1000)
        _ = try codec.parse(Array("{\"reason\":\"\(longest)\"}".utf8)[...])
        #expect(throws: InvalidField(field: "reason", reason: "expected 0 to 1000 characters")) {
            try codec.parse(Array("{\"reason\":\"\(longest)x\"}".utf8)[...])
        }
    }
}

/// That the schemas shown in OpenAPI agree with the messages that are read.
@Suite struct CommandSchemaTests {
    @Test func showsExactlyTheFieldsThatAreRead() throws {
        try check(OrderCommand.codecs[0].jsonSchema, PlaceOrder.example(.line()))
        try check(OrderCommand.codecs[1].jsonSchema, ConfirmOrder())
        try check(OrderCommand.codecs[2].jsonSchema, CancelOrder.with { $0.reason = "late" })
        try check(ReturnCommand.codecs[0].jsonSchema, RegisterReturn.example(.line()))
    }

    @Test func demandsWhatIsRequired() throws {
        let schema = try object(OrderCommand.codecs[0].jsonSchema)
        #expect(schema["required"] as? [String] == ["country", "currency", "placedAt", "lines"])
        #expect(schema["additionalProperties"] as? Bool == false)
        let lines = try #require((schema["properties"] as? [String: Any])?["lines"] as? [String: Any])
        #expect(lines["minItems"] as? Int == 1)
        let line = try #require(lines["items"] as? [String: Any])
        #expect(line["required"] as? [String] == ["sku", "quantity"])
        #expect(line["additionalProperties"] as? Bool == false)
        let currency = try #require((schema["properties"] as? [String: Any])?["currency"] as? [String: Any])
        #expect(currency["pattern"] as? String == "^[A-Z]{3}$")
    }

    /// `full` has every field set, so that its JSON has every name.
    private func check(_ schema: String, _ full: some Message) throws {
        #expect(try names(schema: object(schema)) == names(json: object(full.jsonString())))
    }

    private func object(_ json: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    private func names(schema: [String: Any]) throws -> Set<String> {
        var names: Set<String> = []
        for (name, property) in try #require(schema["properties"] as? [String: Any]) {
            names.insert(name)
            let items = (property as? [String: Any])?["items"] as? [String: Any]
            if let items { names.formUnion(try self.names(schema: items).map { "\(name).\($0)" }) }
        }
        return names
    }

    private func names(json: [String: Any]) -> Set<String> {
        var names: Set<String> = []
        for (name, value) in json {
            names.insert(name)
            for element in value as? [[String: Any]] ?? [] { names.formUnion(self.names(json: element).map { "\(name).\($0)" }) }
        }
        return names
    }
}
