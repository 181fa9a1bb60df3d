import EventLog
import EventModel

enum Samples {
    static func claim(_ epoch: Int64) -> Record {
        .claim(Claim(epoch: Epoch(epoch), writer: "writer-\(epoch)", at: Timestamp(microseconds: 5), partitions: 8))
    }

    static func commit(_ epoch: Int64, _ sequence: Int64) -> Record {
        .commit(
            Commit(
                epoch: Epoch(epoch), sequence: CommitSequence(sequence), stream: StreamID(trusted: "order/1"),
                firstVersion: StreamVersion(sequence), commandID: CommandID(trusted: "command-\(epoch)-\(sequence)"), commandDigest: [1, 2, 3],
                correlationID: "correlation", causationID: "causation", actor: "actor", at: Timestamp(microseconds: -7),
                traceparent: "00-1-2-01",
                events: [EncodedEvent(type: "order.placed.v1", data: [9, 8]), EncodedEvent(type: "order.confirmed.v1", data: [])]))
    }

    static func batch(_ values: [[UInt8]], from first: Int64 = 0, end: Int64? = nil) -> LogBatch {
        let entries = values.enumerated().map {
            LogEntry(offset: Offset(first + Int64($0)), storedAt: Timestamp(microseconds: first + Int64($0)), key: [], value: $1[...])
        }
        return LogBatch(entries: entries, end: Offset(end ?? first + Int64(values.count)))
    }

    /// A record with any content, extreme numbers and empty fields among it.
    static func record(_ random: inout SplitMix64) -> Record {
        func number() -> Int64 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: 0
            case 1: .max
            case 2: .min
            case 3: -1
            default: .random(in: 0..<100_000, using: &random)
            }
        }
        func text() -> String {
            String(String.UnicodeScalarView((0..<Int.random(in: 0..<12, using: &random)).map { _ in "aé/@\u{0}😀z0".unicodeScalars.randomElement(using: &random)! }))
        }
        func data() -> Bytes { (0..<Int.random(in: 0..<200, using: &random)).map { _ in .random(in: 0...255, using: &random) }[...] }
        if Int.random(in: 0..<4, using: &random) == 0 {
            return .claim(
                Claim(
                    epoch: Epoch(number()), writer: text(), at: Timestamp(microseconds: number()),
                    partitions: Int32(truncatingIfNeeded: number())))
        }
        return .commit(
            Commit(
                epoch: Epoch(number()), sequence: CommitSequence(number()), stream: StreamID(trusted: text()),
                firstVersion: StreamVersion(number()), commandID: CommandID(trusted: text()), commandDigest: data(), correlationID: text(),
                causationID: text(), actor: text(), at: Timestamp(microseconds: number()), traceparent: text(),
                events: (0..<Int.random(in: 0..<4, using: &random)).map { _ in EncodedEvent(type: EventType(text()), data: data()) }))
    }
}
