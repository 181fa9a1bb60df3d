import Foundation
import NIOCore
import Testing

@testable import HTTPEdge

@Suite struct JSONTextTests {
    @Test func everyScalarSurvives() throws {
        let ascii = (0..<0x80).map { String(UnicodeScalar(UInt8($0))) }
        for text in ascii + ["", "é", "\u{2028}\u{2029}", "👩‍🚀", "\u{0}", "a\"b\\c/d\u{7F}", String(repeating: "\"", count: 5000)] {
            var json = JSONText(capacity: 0)
            json.raw("[")
            json.string(text)
            json.raw("]")
            let array = try JSONSerialization.jsonObject(with: Data(json.buffer.readableBytesView)) as? [String]
            #expect(array == [text])
        }
    }

    @Test func bridgedStringsToo() throws {
        var json = JSONText()
        json.string(NSString(string: "Löwe \"x\"") as String)
        #expect(String(buffer: json.buffer) == #""Löwe \"x\"""#)
    }

    @Test func tree() {
        let value: JSONValue = .object(["b": .array([1, true, "x"]), "a": .raw("{}"), "c": .object([])])
        #expect(String(buffer: value.buffer) == #"{"b":[1,true,"x"],"a":{},"c":{}}"#)
    }
}
