import EventLog
import Logging
import Operations
import WriteModel

/// A topic that an application needs.
struct NeededTopic: Sendable {
    let topic: Topic
    let settings: TopicSettings

    /// The bytes that a record may have beside the body of its command: ids, metadata, the events' types, and what the codecs add.
    private static let recordOverhead = 64 << 10
    /// The largest record that this program sends.
    private static let largestRecord = 17 << 20

    /// What is wrong with a topic.
    struct Findings: Sendable {
        /// What breaks a law of the log.
        var problems: [String] = []
        /// What can be lived with.
        var remarks: [String] = []

        var all: [String] { problems + remarks }
    }

    /// Every context's history, and the directory of its owners.
    ///
    /// - Parameter partitions: those of a history; as the settings say if nil.
    static func all(of application: Application, _ settings: Settings, partitions: Int? = nil) -> [NeededTopic] {
        let recordBytes = min(settings.maxBodyBytes + recordOverhead, largestRecord)
        return application.contexts.flatMap { context in
            let topic = context.writeModel.topic
            return [
                NeededTopic(
                    topic: topic, settings: TopicSettings(partitions: partitions ?? settings.partitions, recordBytes: recordBytes)),
                NeededTopic(topic: topic.owners, settings: TopicSettings(partitions: 1, retention: .newestPerKey)),
            ]
        }
    }

    /// What is wrong with the topic as it is.
    func findings(in log: any EventLog) async throws -> Findings {
        guard let description = try await log.describe(topic) else {
            return Findings(problems: ["it does not exist; make it with 'topics create'"])
        }
        // A history may have any number of partitions, but for ever the same.
        let expected = settings.retention == .newestPerKey ? settings.partitions : nil
        var findings = Findings(problems: description.problems(for: settings.retention, expectedPartitions: expected))
        if settings.retention == .forever, let change = try await log.partitionCountChange(of: topic) {
            findings.problems.append("\(change)")
        }
        if let recordBytes = settings.recordBytes {
            findings.remarks = description.remarks(recordBytes: recordBytes...Self.largestRecord)
        }
        return findings
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
            let findings = try await needed.findings(in: log)
            for remark in findings.remarks {
                logger.warning("a topic is not set up as it should be", metadata: ["topic": "\(needed.topic)", "remark": "\(remark)"])
            }
            guard findings.problems.isEmpty else {
                let problems = findings.problems.joined(separator: "; ")
                throw Failure("topic '\(needed.topic)' is not set up as it must be: \(problems); 'topics check' tells more")
            }
        }
    }
}
