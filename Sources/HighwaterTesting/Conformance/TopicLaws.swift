import EventLog
import EventModel

extension EventLogConformance {
    static let topicLaws = [
        EventLogLaw("a topic has the partitions it was made with") { law in
            let topic = law.newTopicName()
            try law.require(try await law.log.partitionCount(of: topic) == nil, "a topic that nobody made exists")
            try await law.log.createTopic(topic, partitions: 3)
            let count = try await law.log.partitionCount(of: topic)
            try law.require(count == 3, "a topic made with 3 partitions has \(count ?? 0)")
        },
        EventLogLaw("a topic is made once") { law in
            let topic = try await law.makeTopic(partitions: 2)
            try await law.expect(.topicExists, when: "making a topic again") { try await law.log.createTopic(topic, partitions: 5) }
            let count = try await law.log.partitionCount(of: topic)
            try law.require(count == 2, "making a topic again changes its partitions from 2 to \(count ?? 0)")
        },
        EventLogLaw("of many who make a topic at once, one does") { law in
            let topic = law.newTopicName()
            let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do {
                            try await law.log.createTopic(topic, partitions: 2)
                            return true
                        } catch let error as LogError where error.code == .topicExists {
                            return false
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            try law.require(made == 1, "\(made) of 8 were told that they made the topic")
        },
        EventLogLaw("a topic without partitions is refused") { law in
            let topic = law.newTopicName()
            try await law.expect(.misconfigured, when: "making a topic of 0 partitions") {
                try await law.log.createTopic(topic, partitions: 0)
            }
        },
        EventLogLaw("what does not exist is refused") { law in
            let missing = TopicPartition(law.newTopicName(), Partition(0))
            try await law.expect(.topicMissing, when: "asking a missing topic's bounds") { _ = try await law.log.bounds(of: missing) }
            try await law.expect(.topicMissing, when: "reading a missing topic") {
                _ = try await law.log.makeReader(of: missing, from: .zero)
            }
            try await law.expect(.topicMissing, when: "appending to a missing topic") { try await law.append([[1]], to: missing) }
            try await law.expect(.topicMissing, when: "joining a group on a missing topic") {
                _ = try await law.log.join(group: "group", topic: missing.topic)
            }
            let topic = try await law.makeTopic(partitions: 2)
            for number: Int32 in [2, 1000, -1] {
                let outside = TopicPartition(topic, Partition(number))
                try await law.expect(.partitionOutOfRange, when: "asking the bounds of \(outside) of 2") {
                    _ = try await law.log.bounds(of: outside)
                }
                try await law.expect(.partitionOutOfRange, when: "reading \(outside) of 2") {
                    _ = try await law.log.makeReader(of: outside, from: .zero)
                }
                try await law.expect(.partitionOutOfRange, when: "appending to \(outside) of 2") { try await law.append([[1]], to: outside) }
            }
        },
        EventLogLaw("a group's only member is told every partition, until it leaves") { law in
            let topic = try await law.makeTopic(partitions: 3)
            let membership = try await law.log.join(group: "\(topic)-group", topic: topic)
            var assignments = membership.assignments.makeAsyncIterator()
            while let assignment = await assignments.next(isolation: nil) {
                if assignment == Set(Partition.all(of: 3)) { break }
            }
            membership.publish(progress: [Partition(0): Offset(0)])
            await membership.leave()
            while await assignments.next(isolation: nil) != nil {}
        },
    ]
}
