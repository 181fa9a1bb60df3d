import EventLog
import EventModel

/// The fold of an owners' topic: the newest announcement of each partition, and the instances that are there. Pure.
struct OwnerTable {
    enum Effect: Hashable {
        case nothing
        case changed
        /// The record is of an earlier ownership than the one known, which stands.
        case outdated
    }

    private struct Instance {
        var url: String
        var home: String?
        var heard: Timestamp
    }

    private var ownerships: [TopicPartition: OwnerRecord.Ownership] = [:]
    private var instances: [String: Instance] = [:]
    /// How many instances have gone so far.
    private(set) var departures = 0

    /// - Parameter heard: when the record was written, as far as is known: an instance that is not heard of for long is gone.
    mutating func apply(_ record: OwnerRecord, heard: Timestamp) -> Effect {
        switch record {
        case .ownership(let ownership):
            let partition = ownership.announcement.partition
            guard admits(ownership.announcement.epoch, of: partition) else { return .outdated }
            guard ownership != ownerships[partition] else { return .nothing }
            ownerships[partition] = ownership
            return .changed
        case .presence(let instance, let url, let home):
            // Two at once never have the same home, so that the one known before has ended.
            let ended = home == nil ? [] : instances.filter { $0.value.home == home && $0.key != instance }.map(\.key)
            for other in ended { instances[other] = nil }
            departures += ended.count
            let known = instances.updateValue(
                Instance(url: url, home: home, heard: max(heard, instances[instance]?.heard ?? heard)), forKey: instance)
            return known?.url == url && ended.isEmpty ? .nothing : .changed
        case .absence(let instance):
            guard instances.removeValue(forKey: instance) != nil else { return .nothing }
            departures += 1
            return .changed
        }
    }

    /// Forgets the instances that have not been heard of since `time`; true where there were any.
    mutating func forgetInstances(notHeardSince time: Timestamp) -> Bool {
        let before = instances.count
        instances = instances.filter { $0.value.heard >= time }
        departures += before - instances.count
        return instances.count < before
    }

    /// Whether only a higher epoch supersedes it. Not where its owner has left, or is not there: its epoch may be of a log that has been
    /// made anew since, or of a clock that was ahead, and no epoch of the log as it is would ever be higher.
    private func stands(_ ownership: OwnerRecord.Ownership) -> Bool {
        !ownership.isWithdrawn && instances[ownership.announcement.instance] != nil
    }

    /// Whether an announcement of `epoch` would be believed.
    func admits(_ epoch: Epoch, of partition: TopicPartition) -> Bool {
        guard let known = ownerships[partition] else { return true }
        return epoch >= known.announcement.epoch || !stands(known)
    }

    func ownership(of partition: TopicPartition) -> OwnerRecord.Ownership? { ownerships[partition] }

    /// Who writes the partition, as far as is known.
    func owner(of partition: TopicPartition) -> OwnerAnnouncement? {
        ownerships[partition].flatMap { $0.isWithdrawn ? nil : $0.announcement }
    }

    /// Whether another instance runs where the announced one did, so that this one has certainly ended.
    func isSucceeded(_ announcement: OwnerAnnouncement) -> Bool {
        guard let home = announcement.home else { return false }
        return instances.contains { $0.value.home == home && $0.key != announcement.instance }
    }

    /// The partitions of which it is known that no instance writes them, with the last one's epoch: it has left without a successor, or is not
    /// there any more.
    var vacant: [TopicPartition: Epoch] {
        ownerships.compactMapValues { stands($0) ? nil : $0.announcement.epoch }
    }

    /// The instances that are there and can take partitions, in order of name.
    var liveInstances: [String] { instances.keys.sorted() }

    /// How many partitions each instance writes.
    var loads: [String: Int] {
        ownerships.values.reduce(into: [:]) { loads, ownership in
            if !ownership.isWithdrawn { loads[ownership.announcement.instance, default: 0] += 1 }
        }
    }
}
