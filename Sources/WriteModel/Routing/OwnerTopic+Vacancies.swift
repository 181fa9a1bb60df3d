import EventLog
import EventModel
import Synchronization

/// What is known of partitions that no instance writes.
extension OwnerTopic {
    /// A partition that this instance's home wrote last, in a process before this one, and that no other instance has been named for or has
    /// taken since: its epoch. Nil before everything has been read, since another may have taken it later.
    func inheritance(of partition: TopicPartition) -> Epoch? {
        state.withLock { state in
            guard state.isCaughtUp, let known = state.table.ownership(of: partition), isPredecessor(known.announcement) else { return nil }
            if let successor = known.successor, successor != instance, state.table.liveInstances.contains(successor) { return nil }
            return known.announcement.epoch
        }
    }

    /// Whether the announcement is of a process that ran in this one's home, and so has ended.
    func isPredecessor(_ announcement: OwnerAnnouncement) -> Bool {
        home != nil && announcement.home == home && announcement.instance != instance
    }

    /// For how long it has been known that no instance writes the partition; nil where it is not known.
    func vacancy(of partition: TopicPartition, at now: Timestamp) -> Duration? {
        state.withLock { state in
            let epoch = state.table.ownership(of: partition)?.announcement.epoch
            let since = [state.vacancies[partition], state.missed[partition]].compactMap { $0 }.filter { $0.epoch == epoch }.map(\.since)
                .min()
            return since.map { .microseconds(max(0, now.microseconds - $0.microseconds)) }
        }
    }

    public func missed(_ owner: OwnerAnnouncement) {
        let now = environment.now()
        state.withLock { state in
            guard state.missed[owner.partition]?.epoch != owner.epoch else { return }
            state.missed[owner.partition] = Vacancy(epoch: owner.epoch, since: now)
        }
    }
}

extension OwnerTopic.State {
    /// Notes which partitions have become vacant, and forgets those that are not any more.
    mutating func noteVacancies(at now: Timestamp) {
        let vacant = table.vacant
        vacancies = vacancies.filter { vacant[$0.key] == $0.value.epoch }
        for (partition, epoch) in vacant where vacancies[partition] == nil {
            vacancies[partition] = OwnerTopic.Vacancy(epoch: epoch, since: now)
        }
    }
}
