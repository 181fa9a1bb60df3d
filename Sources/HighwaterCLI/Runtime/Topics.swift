import EventLog
import Operations
import WriteModel

/// A topic that an application needs.
struct NeededTopic: Sendable {
    let topic: Topic
    let settings: TopicSettings

    /// Of every context its history, and the directory of who writes it.
    static func all(of application: Application, partitions: Int) -> [NeededTopic] {
        application.contexts.flatMap { context in
            let topic = context.writeModel.topic
            return [
                NeededTopic(topic: topic, settings: TopicSettings(partitions: partitions)),
                NeededTopic(topic: topic.owners, settings: TopicSettings(partitions: 1, retention: .newestPerKey)),
            ]
        }
    }

    /// What is wrong with the topic as it is; empty where all is well.
    func problems(in log: any EventLog) async throws -> [String] {
        guard let description = try await log.describe(topic) else {
            return ["it does not exist; make it with 'topics create'"]
        }
        // A history may have any number of partitions, but for ever the same.
        let expected = settings.retention == .newestPerKey ? settings.partitions : nil
        var problems = description.problems(for: settings.retention, expectedPartitions: expected)
        if settings.retention == .forever, let change = try await log.partitionCountChange(of: topic) { problems.append(change) }
        return problems
    }
}

extension Runtime {
    /// Makes the topics that are missing.
    ///
    /// - Throws: ``Failure`` where one is not set up as the log's laws need it; ``LogError``.
    func openTopics(_ topics: [NeededTopic]) async throws {
        for needed in topics {
            _ = try await log.ensureTopic(needed.topic, needed.settings)
            // The embedded log has no settings, and its partitions cannot change.
            guard case .kafka = settings.log else { continue }
            let problems = try await needed.problems(in: log)
            guard problems.isEmpty else {
                throw Failure(
                    "topic '\(needed.topic)' is not set up as it must be: \(problems.joined(separator: "; ")); 'topics check' tells more")
            }
        }
    }
}
