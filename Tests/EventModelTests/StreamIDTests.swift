import EventModel
import Testing

@Suite struct StreamIDTests {
    @Test func hasACategoryAndAKey() throws {
        let stream = try StreamID(category: "order", key: "536365")
        #expect(stream.description == "order/536365")
        #expect(stream.category == "order")
        #expect(stream.key == "536365")
        #expect(try StreamID("order/536365") == stream)
    }

    @Test(arguments: [
        "o/1", "a-b9/x", "order/!#$%&'()*+,-.:;<=>?[]^_`{|}~", String(repeating: "c", count: 64) + "/" + String(repeating: "k", count: 128),
    ])
    func accepts(_ text: String) throws {
        #expect(try StreamID(text).description == text)
    }

    @Test(arguments: [
        "", "order", "/", "order/", "/1", "Order/1", "9order/1", "-order/1", "or_der/1", "orde\u{301}/1", "order/a b", "order/a/b",
        "order/a@1",
        "order/é", "order/a\u{7F}", "order/a\u{0}", "order/a\n", "order/٣", String(repeating: "c", count: 65) + "/1",
        "order/" + String(repeating: "k", count: 129),
    ])
    func rejects(_ text: String) {
        #expect(throws: InvalidStreamID.self) { try StreamID(text) }
        if let slash = text.firstIndex(of: "/") {
            #expect(throws: InvalidStreamID.self) {
                try StreamID(category: String(text[..<slash]), key: String(text[text.index(after: slash)...]))
            }
        }
    }

    @Test func namesItsEvents() throws {
        #expect(EventID(stream: try StreamID("order/536365"), version: StreamVersion(1)).description == "order/536365@1")
    }
}

@Suite struct CommandIDTests {
    @Test(arguments: ["a", "!", "~", "order/536365@1→x".filter(\.isASCII), String(repeating: "x", count: 128)])
    func accepts(_ text: String) {
        #expect(CommandID(text)?.description == text)
    }

    @Test(arguments: ["", " ", "a b", "\t", "a\u{7F}", "a\u{0}", "é", "→", String(repeating: "x", count: 129)])
    func rejects(_ text: String) {
        #expect(CommandID(text) == nil)
    }
}

@Suite struct ExpectedVersionTests {
    @Test func admits() {
        let versions = [StreamVersion.none, StreamVersion(1), StreamVersion(2)]
        #expect(versions.map(ExpectedVersion.any.admits) == [true, true, true])
        #expect(versions.map(ExpectedVersion.noStream.admits) == [true, false, false])
        #expect(versions.map(ExpectedVersion.exactly(StreamVersion(1)).admits) == [false, true, false])
        #expect(ExpectedVersion.exactly(.none).admits(.none))
    }
}
