import CommerceSchemas
import EventModel
import SwiftProtobuf
import Testing

@testable import ProtobufModel

@Suite struct CommandCodecTests {
    private let codec = CommandCodec<PlaceOrder>.protobuf(
        "place", PlaceOrder.self,
        fields: [
            .text("customerId", ifPresent: \.hasCustomerID, \.customerID, length: 1...8),
            .text("country", \.country, length: 1...20),
            .text("currency", \.currency, length: 0...3),
            .timestamp("placedAt", ifPresent: \.hasPlacedAt, \.placedAt),
            .list(
                "lines", \.lines,
                of: [
                    .text("sku", \.sku, length: 1...64), .text("description", \.description_p, length: 0...64), .int32("quantity"),
                    .int64("unitPriceMicros"),
                ]),
        ], { message in message })

    private func finding(_ body: String) -> InvalidField? { finding(Array(body.utf8)) }

    private func finding(_ body: [UInt8]) -> InvalidField? {
        do {
            _ = try codec.parse(body[...])
            return nil
        } catch {
            return error
        }
    }

    private let good =
        #"{"country":"Norway","placedAt":"2010-12-01T08:26:00Z","lines":[{"sku":"85123A","quantity":6,"unitPriceMicros":"2550000"}]}"#

    @Test func readsTheMessage() throws {
        let parsed = try codec.parse(Array(good.utf8)[...])
        #expect(parsed.command.country == "Norway")
        #expect(!parsed.command.hasCustomerID)
        #expect(parsed.command.placedAt.seconds == 1_291_191_960)
        #expect(parsed.command.lines.map(\.unitPriceMicros) == [2_550_000])
    }

    @Test func readsASliceOfALargerBuffer() throws {
        let buffer = Array(("garbage" + good + "garbage").utf8)
        #expect(try codec.parse(buffer[7..<(7 + good.utf8.count)]).command.country == "Norway")
    }

    @Test func givesBodiesOfOneMeaningTheSameCanonicalBytes() throws {
        let other = """
             { "lines" : [ { "unit_price_micros": 2550000, "quantity": "6", "sku": "85123\\u0041" } ], "customerId": null,
               "placedAt": "2010-12-01T09:26:00+01:00", "country": "Norway" }
            """
        let canonical = try codec.parse(Array(good.utf8)[...]).canonical
        #expect(try codec.parse(Array(other.utf8)[...]).canonical == canonical)
        #expect(try codec.parse(Array(good.replacing("6", with: "7").utf8)[...]).canonical != canonical)
        #expect(canonical.starts(with: Array("place".utf8) + [0]))
    }

    @Test(arguments: ["", " \n\t\r", "{}", " { } "])
    func takesAnEmptyBodyForAnEmptyObject(_ body: String) throws {
        let confirm = CommandCodec<ConfirmOrder>.protobuf("confirm", ConfirmOrder.self, fields: [], { message in message })
        #expect(try confirm.parse(Array(body.utf8)[...]).command == ConfirmOrder())
        #expect(finding(body) == InvalidField(field: "country", reason: "required"))
    }

    // Bodies that are no JSON object.
    @Test(arguments: [
        "null", "[]", "1", "\"text\"", "true", "nonsense", "{", "{]", #"{"country":"Norway""#, #"{"country":}"#, #"{"country" "Norway"}"#,
        #"{"country":"Norway",}"#, #"{country:"Norway"}"#, #"{"country":"Norway"} x"#, #"{"country":"a\qb"}"#, "{\"country\":\"a\nb\"}x",
        #"{"country":01}"#, #"{"country":1.}"#, #"{"country":"\u12"}"#,
    ])
    func saysThatABodyIsNoObject(_ body: String) throws {
        let finding = try #require(self.finding(body))
        #expect(finding.field == nil)
        #expect(finding.reason.hasPrefix("the body is no JSON object"))
    }

    @Test func saysThatABodyIsNotUTF8() throws {
        #expect(
            finding(Array(#"{"country":""#.utf8) + [0xFF] + Array("\"}".utf8)) == InvalidField(field: nil, reason: "the body is not UTF-8"))
    }

    static let int32Range = "expected a whole number from -2147483648 to 2147483647"
    static let int64Range = "expected a whole number from -9223372036854775808 to 9223372036854775807"
    static let twice = "it is there more than once"
    static let time = "expected an RFC 3339 time of the years 0001 to 9999, such as 2010-12-01T08:26:00Z"

    // The field at fault, as the text of one member.
    @Test(arguments: [
        (#""colour":1"#, "colour", "unknown field"),
        (#""colour":{"country":[1,{"x":2}]}"#, "colour", "unknown field"),
        (#""Country":"Norway""#, "Country", "unknown field"),
        (#""":1"#, "", "unknown field"),
        (#""country":1"#, "country", "wrong type: expected text"),
        (#""country":{"country":"Norway"}"#, "country", "wrong type: expected text"),
        (#""country":["Norway"]"#, "country", "wrong type: expected text"),
        (#""country":"\ud800""#, "country", "no valid text: an escape stands for no character"),
        (#""country":"\ud800\ud800""#, "country", "no valid text: an escape stands for no character"),
        (#""country":"a\u0000b""#, "country", "text must not hold a NUL character"),
        (#""lines":[{"sku":"a"},{"sku":"b","description":"\\\u0000"}]"#, "lines[1].description", "text must not hold a NUL character"),
        (#""lines":1"#, "lines", "wrong type: expected a list"),
        (#""lines":{"sku":"a"}"#, "lines", "wrong type: expected a list"),
        (#""lines":{"lines":[]}"#, "lines", "wrong type: expected a list"),
        (#""lines":[1]"#, "lines[0]", "wrong type: expected an object"),
        (#""lines":[{"sku":"a"},null]"#, "lines[1]", "wrong type: expected an object"),
        (#""lines":[{"sku":"a"},[]]"#, "lines[1]", "wrong type: expected an object"),
        (#""lines":[{"sku":"a"},{"sku":"a"},{"sku":"b","quantity":"six"}]"#, "lines[2].quantity", "wrong type: " + int32Range),
        (#""lines":[{"sku":"a","colour":"red"}]"#, "lines[0].colour", "unknown field"),
        (#""lines":[{"quantity":2147483648}]"#, "lines[0].quantity", "out of range: " + int32Range),
        (#""lines":[{"quantity":"-2147483649"}]"#, "lines[0].quantity", "out of range: " + int32Range),
        (#""lines":[{"quantity":1.5}]"#, "lines[0].quantity", "wrong type: " + int32Range),
        (#""lines":[{"quantity":1e400}]"#, "lines[0].quantity", "wrong type: " + int32Range),
        (#""lines":[{"quantity":true}]"#, "lines[0].quantity", "wrong type: " + int32Range),
        (#""lines":[{"unitPriceMicros":9223372036854775808}]"#, "lines[0].unitPriceMicros", "out of range: " + int64Range),
        (#""lines":[{"unitPriceMicros":"2.55"}]"#, "lines[0].unitPriceMicros", "wrong type: " + int64Range),
        (#""placedAt":"yesterday""#, "placedAt", "no such time: " + time),
        (#""placedAt":"2010-13-01T08:26:00Z""#, "placedAt", "no such time: " + time),
        (#""placedAt":"0000-12-31T23:59:59Z""#, "placedAt", "no such time: " + time),
        (#""placedAt":"2010-12-01 08:26:00""#, "placedAt", "no such time: " + time),
        (#""placedAt":1291191960"#, "placedAt", "wrong type: " + time),
        (#""placedAt":{"seconds":1}"#, "placedAt", "wrong type: " + time),
        (#""customerId":17850.0"#, "customerId", "wrong type: expected text"),
        (#""customerId":"""#, "customerId", "expected 1 to 8 characters"),
        (#""customerId":"123456789""#, "customerId", "expected 1 to 8 characters"),
        (#""lines":[{"sku":"a"},{}]"#, "lines[1].sku", "required"),
        (#""lines":[],"lines":[]"#, "lines", twice),
        (#""lines":null,"lines":[]"#, "lines", twice),
        (#""lines":[],"line\u0073":[]"#, "lines", twice),
        (#""customerId":"1","customerId":"1""#, "customerId", twice),
        (#""customerId":"1","customer_id":"2""#, "customerId", twice),
        (#""customer_id":"1","customer\u005fid":"2""#, "customerId", twice),
        (#""customerId":null,"customerId":"1""#, "customerId", twice),
        (#""country":"Norway","\u0063ountry":"Norway""#, "country", twice),
        (#""lines":[{"sku":"a"},{"sku":"a","quantity":1,"sku":"b"}]"#, "lines[1].sku", twice),
        (#""lines":[{"unitPriceMicros":1,"sku":"a","unit_price_micros":1}]"#, "lines[0].unitPriceMicros", twice),
        (#""lines":[{"sku":"a","colour":1,"colour":1}]"#, "lines[0].colour", "unknown field"),
        (#""lines":[{"sku":"\u0000","sku":"b"}]"#, "lines[0].sku", "text must not hold a NUL character"),
        (#""placedAt":"2010-12-01T08:26:00Z","placed_at":"2010-12-01T08:26:00Z""#, "placedAt", twice),
        (#""placedAt":"2010-12-01T08:26:00+24:00""#, "placedAt", "no such time: " + time),
        (#""placedAt":"2010-12-01T08:26:60Z""#, "placedAt", "no such time: " + time),
        (#""placedAt":"\ud800""#, "placedAt", "no such time: " + time),
        (#""\ud800":1"#, #"\ud800"#, "unknown field"),
    ])
    func namesTheFieldAtFault(_ member: String, _ field: String, _ reason: String) {
        let rest = [#""country":"Norway""#, #""placedAt":"2010-12-01T08:26:00Z""#, #""currency":"GBP""#].filter {
            !member.hasPrefix(String($0.prefix(6)))
        }
        for body in [[member] + rest, rest + [member], [rest[0], member] + rest.dropFirst()] {
            #expect(finding("{\(body.joined(separator: ","))}") == InvalidField(field: field, reason: reason))
        }
    }

    /// The decoder knows no offset above 13 hours, and only capitals.
    @Test(arguments: [
        ("2010-12-01T08:26:00+14:00", "2010-11-30T18:26:00Z"), ("2010-12-01t08:26:00z", "2010-12-01T08:26:00Z"),
        ("2010-12-01T08:26:00.123456789123Z", "2010-12-01T08:26:00.123456789Z"), ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        (#"2010-12-01T08:26:00\u002b14:00"#, "2010-11-30T18:26:00Z"),
    ])
    func takesEveryFormOfRFC3339(_ text: String, _ utc: String) throws {
        let canonical = try codec.parse(Array(good.replacing("2010-12-01T08:26:00Z", with: utc).utf8)[...]).canonical
        let body = Array(("xx" + good.replacing("2010-12-01T08:26:00Z", with: text)).utf8)
        #expect(try codec.parse(body[2...]).canonical == canonical)
    }

    /// Two members of one name are two lines' of a list, not one's.
    @Test func takesTheSameNamesInOtherObjects() throws {
        let body = good.replacing(#"[{"sku":"85123A""#, with: #"[{"sku":"a"},{"sku":"b"},{"sku":"85123A""#)
        #expect(try codec.parse(Array(body.utf8)[...]).command.lines.map(\.sku) == ["a", "b", "85123A"])
    }

    /// More than a machine word has bits.
    @Test func countsTheMembersOfWideObjects() {
        let names = (0..<70).map { "field\($0)" }
        let shape = BodyShape(fields: names.map { BodyShape.Field($0, .plain) })
        func finding(_ names: [String]) -> InvalidField? {
            do throws(InvalidField) {
                _ = try BodyScan.decodable(Array("{\(names.map { "\"\($0)\":1" }.joined(separator: ","))}".utf8)[...], by: shape)
                return nil
            } catch {
                return error
            }
        }
        #expect(finding(names) == nil)
        for name in [names[0], names[63], names[64], names[69]] {
            #expect(finding(names + [name]) == InvalidField(field: name, reason: Self.twice))
        }
    }

    @Test(
        arguments: [
            (#""""#, ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20ac\ud83d\ude00""#, "é€😀"), (#""\ud83d""#, nil),
            (#""\ude00""#, nil), (#""\ud83d\u0041""#, nil), (#""\ud83dx""#, nil),
        ] as [(String, String?)])
    func unescapes(_ json: String, _ text: String?) {
        #expect(Array(json.utf8)[...].unescaped.map { String(decoding: $0, as: UTF8.self) } == text)
    }

    @Test func countsCharactersAsJSONSchemaDoes() {
        let umlauts = String(repeating: "ö", count: 8)
        #expect(finding(good.replacing("{\"country\"", with: "{\"customerId\":\"\(umlauts)\",\"country\"")) == nil)
        #expect(finding(good.replacing("{\"country\"", with: "{\"customerId\":\"\(umlauts)ö\",\"country\""))?.field == "customerId")
    }

    @Test func toleratesTextThatLooksLikeNUL() throws {
        let body = good.replacing("Norway", with: #"\\u0000"#)
        #expect(try codec.parse(Array(body.utf8)[...]).command.country == #"\u0000"#)
    }

    @Test(arguments: ["[", "{\"lines\":[{\"sku\":", "{\"x\":", "{\"lines\":"])
    func survivesDeepNesting(_ opening: String) {
        #expect(finding(String(repeating: opening, count: 100_000)) != nil)
        #expect(finding("{\"colour\":" + String(repeating: opening, count: 100_000)) != nil)
    }

    @Test func findsTheFaultOfALargeBodyInTime() {
        let lines = Array(repeating: "{}", count: 100_000) + [#"{"quantity":"x"}"#]
        let clock = ContinuousClock()
        let duration = clock.measure {
            #expect(finding("{\"lines\":[\(lines.joined(separator: ","))]}")?.field == "lines[100000].quantity")
        }
        // Decoding each element by itself, or all of them again for each, takes minutes.
        #expect(duration < .seconds(60))
    }

    @Test func shortensOverlongNames() throws {
        let finding = try #require(self.finding("{\"\(String(repeating: "x", count: 10_000))\":1}"))
        #expect(finding.reason == "unknown field")
        #expect(try #require(finding.field).count < 100)
    }

    @Test func survivesDamagedBodies() {
        var random = SplitMix64(state: 7)
        let body = Array(good.utf8)
        for _ in 0..<3_000 {
            var damaged = body
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                switch Int.random(in: 0..<3, using: &random) {
                case 0: damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                case 1: damaged.remove(at: Int.random(in: damaged.indices, using: &random))
                default:
                    damaged.insert(
                        Array("{}[]\",:\\01".utf8).randomElement(using: &random) ?? 0, at: Int.random(in: damaged.indices, using: &random))
                }
            }
            if let finding = finding(damaged) { #expect(!finding.reason.isEmpty) }
        }
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
