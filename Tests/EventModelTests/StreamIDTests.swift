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

    /// URLs drop such segments. Earlier versions took them, so what is in a log can still be named.
    @Test(arguments: [".", ".."])
    func rejectsWhatURLsDrop(_ key: String) throws {
        let error = #expect(throws: InvalidStreamID.self) { try StreamID(category: "order", key: key) }
        #expect(error?.reason.contains("URLs drop") == true)
        #expect(throws: InvalidStreamID.self) { try StreamID("order/\(key)") }
        #expect(try StreamID(recorded: "order/\(key)").key == key)
        #expect(throws: InvalidStreamID.self) { try StreamID(recorded: "order/\(key) ") }
    }

    @Test(arguments: ["...", ".a", "a..", "%2E"])
    func acceptsOtherDots(_ key: String) throws {
        #expect(try StreamID(category: "order", key: key).key == key)
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
    @Test(
        arguments: [
            (.any, [0, 1, 2]), (.noStream, [0]), (.exists, [1, 2]), (.exactly(StreamVersion(1)), [1]), (.exactly(.none), [0]),
            (ExpectedVersion(match: .listed([])), []), (ExpectedVersion(match: .listed([StreamVersion(1), StreamVersion(2)])), [1, 2]),
            (ExpectedVersion(noneMatch: .listed([])), [0, 1, 2]), (ExpectedVersion(noneMatch: .listed([StreamVersion(1)])), [0, 2]),
            (ExpectedVersion(match: .existing, noneMatch: .listed([StreamVersion(1)])), [2]),
            (ExpectedVersion(match: .existing, noneMatch: .existing), []),
        ] as [(ExpectedVersion, [Int64])])
    func admits(_ expected: ExpectedVersion, _ versions: [Int64]) {
        #expect([0, 1, 2].filter { expected.admits(StreamVersion($0)) } == versions)
    }

    @Test func namesASingleVersionWhereItDemandsOne() {
        #expect(ExpectedVersion.exactly(StreamVersion(3)).onlyVersion == StreamVersion(3))
        #expect(ExpectedVersion.noStream.onlyVersion == StreamVersion.none)
        for expected in [
            .any, .exists, ExpectedVersion(match: .listed([])), ExpectedVersion(match: .listed([StreamVersion(1), StreamVersion(2)])),
            ExpectedVersion(match: .listed([StreamVersion(1)]), noneMatch: .existing),
        ] {
            #expect(expected.onlyVersion == nil)
        }
    }
}
