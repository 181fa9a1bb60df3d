import EventLog
import Logging
import Synchronization

/// What this instance notices of its topic while it runs.
extension WriteService {
    /// Looks now and then whether the topic still has the partitions that this instance writes it with. While it has not, nothing is written.
    func watchTopic() async {
        while (try? await environment.clock.sleep(for: options.topicInterval)) != nil {
            let written = allOwners.count
            // A log that cannot be asked now is asked again.
            guard written > 0, let count = try? await log.partitionCount(of: context.topic) else { continue }
            if count == written {
                guard halt.withLock({ $0.take() }) != nil else { continue }
                logger.notice("the topic has its partitions again; going on", metadata: ["topic": "\(context.topic)"])
                for owner in allOwners { await owner.resume() }
            } else {
                let change = PartitionCountChange(topic: context.topic, count: count, written: written)
                let reason = Reason(told: "\(change)", full: "\(change)")
                let isNew = halt.withLock { halt in
                    defer { halt = reason }
                    return halt == nil
                }
                if isNew { logger.error("nothing is written any more", metadata: ["reason": "\(reason.full)"]) }
                for owner in allOwners { await owner.halt(reason) }
            }
        }
    }

    /// Asks now and then how large a record the log takes, since it may be changed while this instance runs.
    func watchLimit() async {
        repeat {
            guard let description = try? await log.describe(context.topic) else { continue }
            for owner in allOwners { await owner.limitRecords(to: description.maximumRecordBytes) }
        } while (try? await environment.clock.sleep(for: options.limitInterval)) != nil
    }
}
