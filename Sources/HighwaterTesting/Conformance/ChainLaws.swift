import EventLog
import EventModel

extension EventLogConformance {
    static let chainLaws = [
        EventLogLaw("a chain reader skips void records and counts them") { law in
            let partition = try await law.makePartition()
            try await law.append(ChainSample.records.map(\.value), to: partition)
            let reader = try await ChainReader(law.log, partition, after: .beginning)
            var valid: [Offset] = []
            var voids = 0
            var next = Offset.zero
            while next < Offset(Int64(ChainSample.records.count)) {
                let batch = try await reader.next(maximumBytes: 300)
                valid += batch.records.map(\.offset)
                voids += batch.voids
                next = batch.next
            }
            await reader.close()
            let expected = ChainSample.records.indices.filter { ChainSample.records[$0].isValid }.map { Offset(Int64($0)) }
            try law.require(valid == expected, "the valid records are at \(valid), not \(expected)")
            try law.require(voids == ChainSample.records.count - expected.count, "\(voids) void records are counted")
            try law.require(reader.position.offset == expected.last, "the position is \(reader.position)")
        },
        EventLogLaw("a chain reader resumes from any position") { law in
            let partition = try await law.makePartition()
            try await law.append(ChainSample.records.map(\.value), to: partition)
            let positions = try await ChainSample.positions(of: partition, in: law)
            for (read, position) in positions.enumerated() {
                let rest = positions.count - read - 1
                let reader = try await ChainReader(law.log, partition, after: position)
                var resumed: [Offset] = []
                while resumed.count < rest { resumed += try await reader.next().records.map(\.offset) }
                await reader.close()
                try law.require(
                    resumed == positions.dropFirst(read + 1).map(\.offset), "resumed after \(position) the valid records are at \(resumed)")
            }
        },
        EventLogLaw("a resumed chain reader waits at the end for more") { law in
            let partition = try await law.makePartition()
            try await law.append([ChainSample.claim(1), ChainSample.commit(1, 1)], to: partition)
            guard let position = try await ChainSample.positions(of: partition, in: law).last else { throw law.fail("no position") }
            let reader = try await ChainReader(law.log, partition, after: position)
            async let appended = law.append([ChainSample.commit(1, 2)], to: partition)
            var records: [ChainedRecord] = []
            while records.isEmpty { records = try await reader.next().records }
            await reader.close()
            _ = try await appended
            try law.require(records.map(\.offset) == [Offset(2)], "the next valid record is at \(records.map(\.offset))")
        },
        EventLogLaw("a log that was truncated or recreated is noticed on resuming") { law in
            let original = try await law.makePartition()
            try await law.append([ChainSample.claim(1), ChainSample.commit(1, 1), ChainSample.commit(1, 2)], to: original)
            guard let position = try await ChainSample.positions(of: original, in: law).last else { throw law.fail("no position") }
            // What such a log would look like: nothing, less, other records, the same records a writer later, no record at all.
            let recreated: [[[UInt8]]] = [
                [],
                [ChainSample.claim(1)],
                [ChainSample.claim(1), ChainSample.commit(1, 1)],
                [ChainSample.claim(1), ChainSample.claim(2), ChainSample.commit(2, 1)],
                [ChainSample.claim(2), ChainSample.commit(2, 1), ChainSample.commit(2, 2)],
                [ChainSample.claim(1), ChainSample.commit(1, 1), ChainSample.claim(2), ChainSample.commit(2, 1)],
                [ChainSample.claim(1), ChainSample.commit(1, 1), bytes("no record"), ChainSample.commit(1, 2)],
            ]
            for values in recreated {
                let partition = try await law.makePartition()
                try await law.append(values, to: partition)
                try await law.expect(.truncated, when: "resuming after \(position) in a log of \(values.count) other records") {
                    let reader = try await ChainReader(law.log, partition, after: position)
                    while true { _ = try await reader.next() }
                }
            }
        },
        EventLogLaw("claims of racing writers: all readers agree on who is valid") { law in
            let partition = try await law.makePartition()
            let writers = 8
            let each = 20
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 1...writers {
                    group.addTask {
                        let producer = try await law.log.makeProducer()
                        let values = [ChainSample.claim(Int64(writer))] + (1..<each).map { ChainSample.commit(Int64(writer), Int64($0)) }
                        for value in values { try await law.append([value], to: partition, with: producer) }
                        await producer.close()
                    }
                }
                try await group.waitForAll()
            }
            // The rule by itself, over what the log holds, against chain readers that resume at every step.
            var rule = ChainRule()
            let entries = try await law.read(partition, count: writers * each)
            let expected = entries.filter { rule.admit(RecordHeader(encoded: $0.value)) }.map(\.offset)
            var position = ChainPosition.beginning
            for offset in expected {
                let reader = try await ChainReader(law.log, partition, after: position)
                var record: ChainedRecord?
                while record == nil {
                    let batch = try await reader.next(maximumBytes: 1)
                    record = batch.records.first
                    position = batch.position
                }
                await reader.close()
                try law.require(record?.offset == offset, "a resumed reader finds \(record?.offset ?? .zero) valid, the rule \(offset)")
            }
        },
    ]
}

/// Records for the chain's laws.
private enum ChainSample {
    static func claim(_ epoch: Int64) -> [UInt8] {
        Record.claim(Claim(epoch: Epoch(epoch), writer: "writer", at: Timestamp(microseconds: 1), partitions: 1)).encoded
    }

    static func commit(_ epoch: Int64, _ sequence: Int64) -> [UInt8] {
        Record.commit(
            Commit(
                epoch: Epoch(epoch), sequence: CommitSequence(sequence), stream: StreamID(trusted: "order/1"), firstVersion: StreamVersion(1),
                commandID: CommandID(trusted: "command"), commandDigest: [1, 2], at: Timestamp(microseconds: 2),
                events: [EncodedEvent(type: "order.placed.v1", data: [3])])
        ).encoded
    }

    static let records: [(value: [UInt8], isValid: Bool)] = [
        (bytes("no record"), false),
        (commit(1, 1), false),
        (claim(1), true),
        (commit(1, 1), true),
        (commit(1, 3), false),
        (commit(1, 2), true),
        (commit(1, 2), false),
        ([], false),
        (claim(1), false),
        (claim(3), true),
        (commit(1, 3), false),
        (claim(2), false),
        (commit(3, 1), true),
        (commit(3, 2), true),
        (commit(4, 1), false),
        (claim(4), true),
    ]

    /// The position after each valid record, the beginning first.
    static func positions(of partition: TopicPartition, in law: LawContext) async throws -> [ChainPosition] {
        let end = try await law.log.bounds(of: partition).upperBound
        let reader = try await ChainReader(law.log, partition, after: .beginning)
        var positions = [ChainPosition.beginning]
        var next = Offset.zero
        while next < end {
            // One entry at a time.
            let batch = try await reader.next(maximumBytes: 1)
            next = batch.next
            if batch.position != positions.last { positions.append(batch.position) }
        }
        await reader.close()
        return positions
    }
}
