import EventLog
import EventModel

extension EventLogConformance {
    static let durabilityLaws = [
        EventLogLaw("topics and records are there after reopening") { law in
            guard let reopen = law.harness.reopen else { return }
            let topic = try await law.makeTopic(partitions: 3)
            let partition = TopicPartition(topic, Partition(1))
            let values = (0..<300).map { bytes("value \($0)") }
            try await law.append(Array(values[..<200]), to: partition)
            let before = try await law.read(partition, count: 200)
            try await law.reopen(with: reopen)
            let count = try await law.log.partitionCount(of: topic)
            try law.require(count == 3, "after reopening the topic has \(count ?? 0) partitions, not 3")
            let after = try await law.read(partition, count: 200)
            try law.require(law.values(after) == Array(values[..<200]), "after reopening the records are others")
            try law.require(before.map(\.storedAt) == after.map(\.storedAt), "after reopening the records are stored at other times")
            let offsets = try await law.append(Array(values[200...]), to: partition)
            try law.require(offsets.first == Offset(200), "after reopening 200 records the next lands at \(offsets.first ?? .zero)")
            try await law.reopen(with: reopen)
            let all = law.values(try await law.read(partition, count: 300))
            try law.require(all == values, "after reopening twice the records are others")
            let other = try await law.log.bounds(of: TopicPartition(topic, Partition(0)))
            try law.require(other.isEmpty, "after reopening an empty partition has records")
        },
        EventLogLaw("what was reported before a close is there after reopening") { law in
            guard let reopen = law.harness.reopen else { return }
            let partition = try await law.makePartition()
            let producer = try await law.log.makeProducer()
            let reports = Reports(expected: 200)
            for index in 0..<200 { producer.append(LogRecord(key: [], value: [UInt8(index)]), to: partition) { reports.add(index, $0) } }
            await producer.close()
            try await law.reopen(with: reopen)
            let end = try await law.log.bounds(of: partition).upperBound
            for report in try await reports.all() {
                guard case .success(let offset) = report.result else { continue }
                try law.require(offset < end, "\(offset) was reported as stored, and after reopening the end is \(end)")
                let entry = try await law.read(partition, from: offset, count: 1)[0]
                try law.require(Array(entry.value) == [UInt8(report.index)], "another record stands at \(offset) than was reported there")
            }
        },
    ]
}
