import EventLog
import Logging
import Synchronization

/// What this instance does about others: it claims what is handed to it, notices what is taken from it, and hands over what it has.
extension WriteService {
    /// Hands this instance's partitions over to other instances, and returns once they have claimed them, or after
    /// ``Options/handover``, or at once where nobody else is there. Until then it goes on deciding commands, so call it while the server still
    /// listens; ``run()`` calls it in any case. From the first call on this instance claims nothing more.
    public func handOver() async {
        let isFirst = handingOver.withLock { isHandingOver in
            defer { isHandingOver = true }
            return !isHandingOver
        }
        guard isFirst else {
            await handedOver.wait()
            return
        }
        defer { handedOver.signal() }
        for owner in allOwners { await owner.leave() }
        guard let ownerTopic else { return }
        ownerTopic.leave()
        let pace = HandoverPace()
        await withTaskGroup { group in
            group.addTask {
                let half = self.options.handover / 2
                for stage in [HandoverPace.Stage.slow, .over] {
                    guard (try? await self.environment.clock.sleep(for: half)) != nil else { return }
                    pace.enter(stage)
                    self.changes.advance()
                }
            }
            await handOver(by: ownerTopic, pace)
            group.cancelAll()
        }
    }

    private func handOver(by ownerTopic: OwnerTopic, _ pace: HandoverPace) async {
        var plan = HandoverPlan()
        var hasLeftGroup = false
        var hasHurried = false
        while !Task.isCancelled {
            let count = changes.count
            var held: [TopicPartition] = []
            for owner in allOwners where !(await owner.isIdle) { held.append(owner.partition) }
            let (live, loads) = ownerTopic.others
            guard !held.isEmpty else { return }
            guard !live.isEmpty, pace.stage < .over else {
                logger.warning(
                    "stopping without a handover", metadata: ["partitions": "\(held.count)", "others": "\(live.joined(separator: " "))"])
                return
            }
            // Whoever has been named and has not claimed by now may be dead or very busy: another may be quicker.
            let slow = pace.stage == .slow && !hasHurried ? Set(held) : []
            hasHurried = pace.stage == .slow
            ownerTopic.name(plan.name(for: held, among: live, loads: loads, slow: slow))
            if !hasLeftGroup {
                hasLeftGroup = true
                await leaveGroup()
            }
            await changes.wait(beyond: count)
        }
    }

    /// Follows what all instances announce.
    func heed(_ ownerTopic: OwnerTopic) async {
        /// The nominations of this instance that it has followed, by the epoch of who made them.
        var followed: [TopicPartition: Epoch] = [:]
        /// What it has inherited and claimed, in the same way.
        var inherited: [TopicPartition: Epoch] = [:]
        while !Task.isCancelled {
            let count = ownerTopic.changes.count
            await withTaskGroup { group in
                for owner in allOwners {
                    guard let known = ownerTopic.ownership(of: owner.partition) else { continue }
                    let epoch = known.announcement.epoch
                    if known.successor == instance, followed[owner.partition] ?? .zero < epoch {
                        followed[owner.partition] = epoch
                        group.addTask { await owner.assign() }
                    } else if let epoch = ownerTopic.inheritance(of: owner.partition), inherited[owner.partition] ?? .zero < epoch {
                        // The process that wrote it in this place has ended: there is no sense in waiting until the group finds that out.
                        inherited[owner.partition] = epoch
                        group.addTask { await owner.assign() }
                    } else if known.announcement.instance != instance {
                        group.addTask { if let own = await owner.ownEpoch, own < epoch { await owner.check() } }
                    }
                }
            }
            changes.advance()
            await ownerTopic.changes.wait(beyond: count)
        }
    }
}

/// How far a handover's time has run.
private final class HandoverPace: Sendable {
    enum Stage: Int, Comparable {
        case fresh, slow, over

        static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    private let current = Mutex(Stage.fresh)

    var stage: Stage { current.withLock { $0 } }

    func enter(_ stage: Stage) { current.withLock { $0 = stage } }
}
