import EventLog
import EventModel

extension EventLogConformance {
    static let readLaws = [
        EventLogLaw("bounds follow the appends") { law in
            let partition = try await law.makePartition()
            for count in 0..<5 {
                let bounds = try await law.log.bounds(of: partition)
                try law.require(
                    bounds == .zero..<Offset(Int64(count)),
                    "after \(count) appends the bounds are \(bounds.lowerBound)..<\(bounds.upperBound)")
                try await law.append([[UInt8(count)]], to: partition)
            }
        },
        EventLogLaw("a reader begins anywhere") { law in
            let partition = try await law.makePartition()
            let values = (0..<100).map { [UInt8($0)] }
            try await law.append(values, to: partition)
            for start in [0, 1, 50, 99] {
                let read = law.values(try await law.read(partition, from: Offset(Int64(start)), count: 100 - start))
                try law.require(read == Array(values[start...]), "a reader from \(start) reads other records")
            }
            let range = try await law.log.read(partition, Offset(10)..<Offset(20))
            try law.require(law.values(range) == Array(values[10..<20]), "reading 10..<20 gives \(range.map(\.offset))")
        },
        EventLogLaw("a reader outside of the bounds is refused") { law in
            let partition = try await law.makePartition()
            try await law.append([[1], [2]], to: partition)
            for offset: Int64 in [3, 1000, -1] {
                try await law.expect(.truncated, when: "reading from \(offset) of 2") {
                    _ = try await law.log.makeReader(of: partition, from: Offset(offset))
                }
            }
        },
        EventLogLaw("a batch keeps to its bytes, and has at least one record") { law in
            let partition = try await law.makePartition()
            let sizes = (0..<60).map { $0 * 37 % 400 }
            try await law.append(sizes.map { Array(repeating: 7, count: $0) }, to: partition)
            for maximum in [0, 1, 100, 1000, 1 << 20] {
                let reader = try await law.log.makeReader(of: partition, from: .zero)
                var next = Offset.zero
                while next < Offset(60) {
                    let batch = try await reader.next(maximumBytes: maximum)
                    try law.check(batch, follows: next)
                    let bytes = batch.entries.dropLast().reduce(0) { $0 + $1.key.count + $1.value.count }
                    try law.require(bytes <= maximum, "\(maximum) bytes are asked for, and \(bytes) come before the last record")
                    next = next + batch.entries.count
                }
                await reader.close()
            }
        },
        EventLogLaw("a batch tells the end") { law in
            let partition = try await law.makePartition()
            try await law.append((0..<10).map { [$0] }, to: partition)
            let reader = try await law.log.makeReader(of: partition, from: Offset(3))
            let batch = try await reader.next(maximumBytes: 1)
            try law.require(batch.end == Offset(10), "a batch of a partition of 10 says that the end is \(batch.end)")
            await reader.close()
        },
        EventLogLaw("a read at the end waits, and wakes with the next record") { law in
            let partition = try await law.makePartition()
            let producer = try await law.log.makeProducer()
            let reader = try await law.log.makeReader(of: partition, from: .zero)
            for round in 0..<200 {
                async let batch = reader.next(maximumBytes: 1 << 16)
                // Some rounds append before the reader waits, some after: both must wake it.
                for _ in 0..<(round % 7) { await Task.yield() }
                try await law.append([[UInt8(round)]], to: partition, with: producer)
                let entries = try await batch.entries
                try law.require(
                    entries.map(\.offset) == [Offset(Int64(round))] && entries[0].value.first == UInt8(round),
                    "round \(round)'s read gives \(entries.map(\.offset))")
            }
            await reader.close()
            await producer.close()
        },
        EventLogLaw("many readers wait at once, and each gets everything") { law in
            let topic = try await law.makeTopic(partitions: 4)
            let each = 100
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let partition = TopicPartition(topic, Partition(Int32(number % 4)))
                        let values = law.values(try await law.read(partition, count: each))
                        try law.require(values == (0..<each).map { [UInt8($0)] }, "a reader of \(partition) misses records")
                    }
                }
                for partition in Partition.all(of: 4) {
                    group.addTask {
                        let producer = try await law.log.makeProducer()
                        for value in 0..<each {
                            try await law.append([[UInt8(value)]], to: TopicPartition(topic, partition), with: producer)
                        }
                        await producer.close()
                    }
                }
                try await group.waitForAll()
            }
        },
        EventLogLaw("cancellation ends a waiting read, and takes nothing from the next") { law in
            let partition = try await law.makePartition()
            let reader = try await law.log.makeReader(of: partition, from: .zero)
            for round in 0..<50 {
                let waiting = Task { try await reader.next(maximumBytes: 1 << 16) }
                for _ in 0..<(round % 5) { await Task.yield() }
                waiting.cancel()
                do {
                    _ = try await waiting.value
                    throw law.fail("a cancelled read at the end returns records")
                } catch is CancellationError {
                }
            }
            try await law.append([[1]], to: partition)
            let batch = try await reader.next(maximumBytes: 1 << 16)
            try law.check(batch, follows: .zero)
            await reader.close()
        },
        EventLogLaw("a record that races a cancellation is not lost") { law in
            let partition = try await law.makePartition()
            let producer = try await law.log.makeProducer()
            let reader = try await law.log.makeReader(of: partition, from: .zero)
            var next = Offset.zero
            for round in 0..<100 {
                let waiting = Task { try await reader.next(maximumBytes: 1 << 16) }
                async let appended = law.append([[UInt8(round)]], to: partition, with: producer)
                for _ in 0..<(round % 5) { await Task.yield() }
                waiting.cancel()
                do {
                    let batch = try await waiting.value
                    try law.check(batch, follows: next)
                    next = next + batch.entries.count
                } catch is CancellationError {
                }
                _ = try await appended
            }
            // One more, since a loss shows only by what comes after it.
            try await law.append([[1]], to: partition, with: producer)
            while next < Offset(101) {
                let batch = try await reader.next(maximumBytes: 1 << 16)
                try law.check(batch, follows: next)
                next = next + batch.entries.count
            }
            await reader.close()
            await producer.close()
        },
        EventLogLaw("a closed reader refuses") { law in
            let partition = try await law.makePartition()
            try await law.append([[1]], to: partition)
            let reader = try await law.log.makeReader(of: partition, from: .zero)
            await reader.close()
            try await law.expect(.closed, when: "reading with a closed reader") { _ = try await reader.next(maximumBytes: 1) }
        },
        EventLogLaw("what a report calls stored, a reader sees") { law in
            let partition = try await law.makePartition()
            let producer = try await law.log.makeProducer()
            for round in 0..<100 {
                let offset = try await law.append([[UInt8(round)]], to: partition, with: producer)[0]
                let bounds = try await law.log.bounds(of: partition)
                try law.require(bounds.contains(offset), "\(offset) is reported, and the bounds end at \(bounds.upperBound)")
                let entry = try await law.read(partition, from: offset, count: 1)[0]
                try law.require(Array(entry.value) == [UInt8(round)], "another record stands at \(offset) than was reported there")
            }
            await producer.close()
        },
    ]
}
