import EventLog
import EventModel
import Foundation
import LogSchemas
import SwiftProtobuf
import Testing

/// The codec written by hand against the code generated from Schemas/highwater/log/v1/record.proto.
@Suite struct RecordSchemaTests {
    @Test(arguments: 0..<200) func bothWriteTheSameBytes(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let record = Samples.record(&random)
        let generated: [UInt8] = try Self.message(record).serializedBytes()
        #expect(generated == record.encoded)
    }

    @Test(arguments: 0..<200) func bothReadTheSame(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let record = Samples.record(&random)
        let message = try Highwater_Log_V1_Record(serializedBytes: record.encoded)
        #expect(message.unknownFields == UnknownStorage())
        #expect(Self.record(message) == record)
    }

    /// Damaged records: nothing traps, and what both can read is the same record.
    @Test(arguments: 0..<400) func damageNeverTraps(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var readable = 0
        for _ in 0..<50 {
            var value = Samples.record(&random).encoded
            switch Int.random(in: 0..<4, using: &random) {
            case 0: value.removeLast(Int.random(in: 0...value.count, using: &random))
            case 1:
                for _ in 0..<Int.random(in: 1...3, using: &random) where !value.isEmpty {
                    value[Int.random(in: value.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
            case 2: value.insert(.random(in: 0...255, using: &random), at: Int.random(in: 0...value.count, using: &random))
            default: value = (0..<Int.random(in: 0..<40, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            }
            _ = RecordHeader(encoded: value[...])
            guard let record = try? Record(encoded: value[...]) else { continue }
            readable += 1
            guard let message = try? Highwater_Log_V1_Record(serializedBytes: value) else { continue }
            #expect(Self.record(message) == record, "seed \(seed): \(value)")
        }
        #expect(readable > 0)
    }

    static func message(_ record: Record) -> Highwater_Log_V1_Record {
        .with { message in
            switch record {
            case .claim(let claim):
                message.claim = .with {
                    $0.epoch = claim.epoch.rawValue
                    $0.partitions = claim.partitions
                    $0.writer = claim.writer
                    $0.at = claim.at.microseconds
                }
            case .commit(let commit):
                message.commit = .with {
                    $0.epoch = commit.epoch.rawValue
                    $0.sequence = commit.sequence.rawValue
                    $0.stream = commit.stream.description
                    $0.firstVersion = commit.firstVersion.rawValue
                    $0.commandID = commit.commandID.description
                    $0.commandDigest = Data(commit.commandDigest)
                    $0.correlationID = commit.correlationID
                    $0.causationID = commit.causationID
                    $0.actor = commit.actor
                    $0.at = commit.at.microseconds
                    $0.traceparent = commit.traceparent
                    $0.events = commit.events.map { event in
                        .with {
                            $0.type = event.type.description
                            $0.data = Data(event.data)
                        }
                    }
                }
            }
        }
    }

    static func record(_ message: Highwater_Log_V1_Record) -> Record? {
        switch message.record {
        case .claim(let claim)?:
            .claim(
                Claim(epoch: Epoch(claim.epoch), writer: claim.writer, at: Timestamp(microseconds: claim.at), partitions: claim.partitions))
        case .commit(let commit)?:
            .commit(
                Commit(
                    epoch: Epoch(commit.epoch), sequence: CommitSequence(commit.sequence), stream: StreamID(trusted: commit.stream),
                    firstVersion: StreamVersion(commit.firstVersion), commandID: CommandID(trusted: commit.commandID),
                    commandDigest: Array(commit.commandDigest)[...], correlationID: commit.correlationID, causationID: commit.causationID,
                    actor: commit.actor, at: Timestamp(microseconds: commit.at), traceparent: commit.traceparent,
                    events: commit.events.map { EncodedEvent(type: EventType($0.type), data: Array($0.data)[...]) }))
        case nil: nil
        }
    }
}
