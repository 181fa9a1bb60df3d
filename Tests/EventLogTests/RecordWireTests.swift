import EventLog
import EventModel
import Testing

@Suite struct RecordWireTests {
    @Test(arguments: 0..<200) func aRecordComesBackAsItWas(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let record = Samples.record(&random)
        let encoded = record.encoded
        #expect(try Record(encoded: encoded[...]) == record)
        #expect(RecordHeader(encoded: encoded[...]) == record.header)
        // From the middle of a larger array too.
        let slice = ([1, 2, 3] + encoded + [4, 5])[3..<3 + encoded.count]
        #expect(try Record(encoded: slice) == record)
        #expect(RecordHeader(encoded: slice) == record.header)
    }

    /// What is written is a storage contract.
    @Test func theFormIsFixed() {
        #expect(Samples.claim(3).encoded == [0x0A, 0x10, 0x08, 3, 0x18, 8, 0x22, 8] + Array("writer-3".utf8) + [0x28, 5])
    }

    @Test func payloadsShareTheRecordsStorage() throws {
        let encoded = Samples.commit(1, 1).encoded[...]
        guard case .commit(let commit) = try Record(encoded: encoded) else { throw Mismatch() }
        // Slices of one array share its indices.
        #expect(encoded[commit.events[0].data.indices] == commit.events[0].data)
        #expect(encoded.startIndex < commit.events[0].data.startIndex)
    }

    @Test(arguments: [
        [], [0x0A], [0x0A, 5, 1], [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x08, 1], [0x00], [0x0B], [0x1A, 0], Array(repeating: 0xFF, count: 40),
        [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x0A, 2, 0x08, 0x80],
    ] as [[UInt8]])
    func malformedBytesAreNoRecord(_ value: [UInt8]) {
        #expect(throws: WireError.self) { try Record(encoded: value[...]) }
    }

    @Test func unknownFieldsAreSkipped() throws {
        let unknown: [UInt8] = [0xA0, 0x06, 5, 0xA2, 0x06, 2, 1, 1, 0xA1, 0x06] + Array(repeating: 7, count: 8) + [0xA5, 0x06, 1, 2, 3, 4]
        #expect(try Record(encoded: (Samples.claim(3).encoded + unknown)[...]) == Samples.claim(3))
    }

    private struct Mismatch: Error {}
}
