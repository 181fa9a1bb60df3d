import EventLog
import EventModel

extension EventLogConformance {
    static let appendLaws = [
        EventLogLaw("offsets are contiguous from 0, in the order of the appends") { law in
            let partition = try await law.makePartition()
            let producer = try await law.log.makeProducer()
            let values = (0..<500).map { bytes("value \($0)") }
            let offsets = try await law.append(Array(values[..<200]), to: partition, with: producer)
            let more = try await law.append(Array(values[200...]), to: partition, with: producer)
            try law.require(offsets + more == (0..<500).map { Offset($0) }, "500 appends land at \((offsets + more).prefix(20))…")
            let read = law.values(try await law.read(partition, count: 500))
            try law.require(read == values, "what is read is not what was appended, in order")
            await producer.close()
        },
        EventLogLaw("each partition has its own offsets") { law in
            let topic = try await law.makeTopic(partitions: 3)
            let producer = try await law.log.makeProducer()
            for round in 0..<3 {
                for number in 0..<3 {
                    let partition = TopicPartition(topic, Partition(Int32(number)))
                    let offsets = try await law.append(
                        (0...number).map { [UInt8(number), UInt8(round), UInt8($0)] }, to: partition, with: producer)
                    let first = round * (number + 1)
                    try law.require(
                        offsets == (0...number).map { Offset(Int64(first + $0)) }, "\(partition) gives offsets \(offsets) in round \(round)")
                }
            }
            for number in 0..<3 {
                let entries = try await law.read(TopicPartition(topic, Partition(Int32(number))), count: 3 * (number + 1))
                try law.require(entries.allSatisfy { $0.value.first == UInt8(number) }, "partition \(number) holds another's records")
            }
            await producer.close()
        },
        EventLogLaw("keys and values are any bytes, also none") { law in
            let partition = try await law.makePartition()
            let all = (0...255).map { UInt8($0) }
            let contents: [[UInt8]] = [[], [0], [0, 0, 0], all, all.reversed(), [0xC3, 0x28], [0xFF], bytes("né")]
            let records = contents.flatMap { key in contents.map { LogRecord(key: key[...], value: $0[...]) } }
            let producer = try await law.log.makeProducer()
            try await law.append(records, to: partition, with: producer)
            let entries = try await law.read(partition, count: records.count)
            for (record, entry) in zip(records, entries) {
                try law.require(
                    Array(record.key) == Array(entry.key) && Array(record.value) == Array(entry.value),
                    "key \(Array(record.key)), value \(Array(record.value)) comes back as \(Array(entry.key)), \(Array(entry.value))")
            }
            await producer.close()
        },
        EventLogLaw("slices are stored as what they hold") { law in
            let partition = try await law.makePartition()
            let whole = (0..<100).map { UInt8($0) }
            let producer = try await law.log.makeProducer()
            try await law.append([LogRecord(key: whole[40..<43], value: whole[97...])], to: partition, with: producer)
            let entry = try await law.read(partition, count: 1)[0]
            try law.require(Array(entry.key) == [40, 41, 42] && Array(entry.value) == [97, 98, 99], "a slice comes back as other bytes")
            await producer.close()
        },
        EventLogLaw("large records are stored whole") { law in
            let partition = try await law.makePartition()
            let large = (0..<3).map { number -> [UInt8] in
                var value = Array(repeating: UInt8(number), count: law.harness.largeRecordBytes)
                for index in stride(from: 0, to: value.count, by: 4093) { value[index] = UInt8(truncatingIfNeeded: index / 4093) }
                return value
            }
            let values = [large[0], [1], large[1], [], large[2]]
            try await law.append(values, to: partition)
            let read = law.values(try await law.read(partition, count: values.count))
            try law.require(read == values, "records of \(law.harness.largeRecordBytes) bytes do not come back as they were")
        },
        EventLogLaw("many concurrent appenders: nothing lost, nothing twice, each one's order kept") { law in
            let partition = try await law.makePartition()
            let appenders = 16
            let each = 200
            let landed = try await withThrowingTaskGroup(of: [(offset: Offset, value: [UInt8])].self) { group in
                for appender in 0..<appenders {
                    group.addTask {
                        let producer = try await law.log.makeProducer()
                        let values = (0..<each).map { [UInt8(appender), UInt8($0)] }
                        let offsets = try await law.append(values, to: partition, with: producer)
                        await producer.close()
                        try law.require(
                            zip(offsets, offsets.dropFirst()).allSatisfy { $0 < $1 }, "an appender's records land out of its order")
                        return zip(offsets, values).map { ($0, $1) }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let reported = Dictionary(landed.map { ($0.offset, $0.value) }, uniquingKeysWith: { first, _ in first })
            try law.require(reported.count == appenders * each, "some of \(appenders * each) records were reported at the same offset")
            let entries = try await law.read(partition, count: appenders * each)
            for entry in entries {
                try law.require(reported[entry.offset] == Array(entry.value), "another record stands at \(entry.offset) than was reported there")
            }
            let bounds = try await law.log.bounds(of: partition)
            try law.require(bounds.upperBound == Offset(Int64(appenders * each)), "\(appenders * each) appends make the end \(bounds.upperBound)")
        },
        EventLogLaw("two producers take turns") { law in
            let partition = try await law.makePartition()
            let producers = [try await law.log.makeProducer(), try await law.log.makeProducer()]
            for turn in 0..<50 {
                let offsets = try await law.append([[UInt8(turn)]], to: partition, with: producers[turn % 2])
                try law.require(offsets == [Offset(Int64(turn))], "turn \(turn) lands at \(offsets)")
            }
            let read = law.values(try await law.read(partition, count: 50))
            try law.require(read == (0..<50).map { [UInt8($0)] }, "two producers' records are not in the order of their turns")
            for producer in producers { await producer.close() }
        },
        EventLogLaw("a closed producer has reported everything, and refuses more") { law in
            let partition = try await law.makePartition()
            for round in 0..<20 {
                let producer = try await law.log.makeProducer()
                let reports = Reports(expected: 10)
                for index in 0..<10 { producer.append(LogRecord(key: [], value: [UInt8(round)]), to: partition) { reports.add(index, $0) } }
                await producer.close()
                try law.require(reports.count == 10, "close returned after \(reports.count) of 10 reports")
                try await law.expect(.closed, when: "appending to a closed producer") {
                    try await law.append([[1]], to: partition, with: producer)
                }
            }
        },
        EventLogLaw("a closed producer does not close the others") { law in
            let partition = try await law.makePartition()
            let first = try await law.log.makeProducer()
            let second = try await law.log.makeProducer()
            await first.close()
            let offsets = try await law.append([[1]], to: partition, with: second)
            try law.require(offsets == [.zero], "the other producer's append lands at \(offsets)")
            await second.close()
        },
    ]
}
