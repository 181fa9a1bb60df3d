import EventLog
import EventModel

/// Records of the chain rule.
enum Chain {
    static func claim(_ epoch: Int64) -> [UInt8] {
        Record.claim(Claim(epoch: Epoch(epoch), writer: "writer", at: Timestamp(microseconds: 1), partitions: 1)).encoded
    }

    static func commit(_ epoch: Int64, _ sequence: Int64) -> [UInt8] {
        Record.commit(
            Commit(
                epoch: Epoch(epoch), sequence: CommitSequence(sequence), stream: StreamID(trusted: "order/1"),
                firstVersion: StreamVersion(1), commandID: CommandID(trusted: "command"), commandDigest: [1, 2],
                at: Timestamp(microseconds: 2), events: [EncodedEvent(type: "order.placed.v1", data: [3])])
        ).encoded
    }

    /// The offsets of the valid records among `entries`.
    static func valid(_ entries: [LogEntry]) -> [Offset] {
        var rule = ChainRule()
        return entries.filter { rule.admit(RecordHeader(encoded: $0.value)) }.map(\.offset)
    }
}
