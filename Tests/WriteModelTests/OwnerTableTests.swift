import EventLog
import EventModel
import Testing

@testable import WriteModel

/// What the records of an owners' topic say, and what follows from them.
@Suite struct OwnerTableTests {
    private let partition = TopicPartition("ordering", Partition(7))

    private func ownership(
        _ epoch: Int64, _ instance: String = "a", home: String? = nil, successor: String? = nil, isWithdrawn: Bool = false
    ) -> OwnerRecord {
        .ownership(
            OwnerRecord.Ownership(
                announcement: OwnerAnnouncement(
                    partition: partition, epoch: Epoch(epoch), instance: instance, url: "http://\(instance):8080", home: home),
                successor: successor, isWithdrawn: isWithdrawn))
    }

    private func entry(_ key: String, _ value: String) -> LogEntry {
        LogEntry(offset: .zero, storedAt: Timestamp(microseconds: 0), key: Bytes(key.utf8), value: Bytes(value.utf8))
    }

    private func read(_ record: OwnerRecord) -> OwnerRecord? {
        OwnerRecord(LogEntry(offset: .zero, storedAt: Timestamp(microseconds: 0), key: record.encoded.key, value: record.encoded.value))
    }

    @Test func recordsAreReadAsTheyWereWritten() {
        for record in [
            ownership(1), ownership(2, "b", successor: "c"), ownership(3, isWithdrawn: true), .presence(instance: "a", url: ""),
            .presence(instance: "a", url: "", home: "h 1"), ownership(4, home: "h"),
            .presence(instance: "50 % of\nän instance\u{7F}", url: "http://[::1]:80/%20 x"), .absence(instance: "a"),
        ] {
            #expect(read(record) == record)
        }
        #expect(
            String(decoding: ownership(5, successor: "b").encoded.value, as: UTF8.self)
                == "highwater-owner 1\npartition ordering/7\nepoch 5\ninstance a\nurl http://a:8080\nsuccessor b\n")
    }

    @Test func fieldsOfLaterVersionsArePassedOver() {
        let value = "highwater-instance 1\ninstance a\nurl u\nzone eu-1\n"
        #expect(OwnerRecord(entry("instance/a", value)) == .presence(instance: "a", url: "u"))
    }

    @Test(arguments: [
        "highwater-owner 2\npartition ordering/7\nepoch 1\ninstance a\nurl u\n",
        "highwater-owner 1\npartition ordering/8\nepoch 1\ninstance a\nurl u\n",
        "highwater-owner 1\npartition ordering/7\nepoch 1\nurl u\n",
        "highwater-owner 1\npartition ordering/7\nepoch x\ninstance a\nurl u\n",
        "highwater-owner 1\npartition ordering/7\nepoch -1\ninstance a\nurl u\n",
        "highwater-owner 1\npartition ordering\nepoch 1\ninstance a\nurl u\n",
        "highwater-owner 1\npartition ordering/7\nepoch 1\ninstance a%4\nurl u\n", "{\"partition\":7}", "\n", "",
    ])
    func whatCannotBeReadIsNothing(value: String) { #expect(OwnerRecord(entry("ordering/7", value)) == nil) }

    private func apply(_ record: OwnerRecord, to table: inout OwnerTable, at seconds: Int64 = 0) -> OwnerTable.Effect {
        table.apply(record, heard: Timestamp(microseconds: seconds * 1_000_000))
    }

    @Test func theHigherEpochCounts() {
        var table = OwnerTable()
        for name in ["a", "b"] { _ = apply(.presence(instance: name, url: "u"), to: &table) }
        #expect(table.owner(of: partition) == nil)
        #expect(apply(ownership(5), to: &table) == .changed)
        #expect(apply(ownership(5), to: &table) == .nothing)
        #expect(apply(ownership(6, "b"), to: &table) == .changed)
        #expect(apply(ownership(5, isWithdrawn: true), to: &table) == .outdated)
        #expect(table.owner(of: partition)?.instance == "b")
        #expect(table.loads == ["b": 1])
    }

    /// Of a log that has been made anew since, or of a clock that was ahead: whoever owns the partition now may never come so high.
    @Test func theEpochOfAnOwnerThatIsGoneIsNoBar() {
        var table = OwnerTable()
        for name in ["a", "b"] { _ = apply(.presence(instance: name, url: "u"), to: &table) }
        _ = apply(ownership(900, "b"), to: &table)
        #expect(apply(ownership(5), to: &table) == .outdated)
        _ = apply(.absence(instance: "b"), to: &table)
        #expect(table.owner(of: partition)?.instance == "b")  // the best that is known
        #expect(apply(ownership(5), to: &table) == .changed)
        #expect(table.owner(of: partition)?.instance == "a")
        _ = apply(ownership(900, "a", isWithdrawn: true), to: &table)
        #expect(apply(ownership(6), to: &table) == .changed)
        #expect(table.owner(of: partition)?.epoch == Epoch(6))
    }

    @Test func anOwnerLeavesAtItsOwnEpoch() {
        var table = OwnerTable()
        _ = apply(ownership(5), to: &table)
        #expect(apply(ownership(5, successor: "b"), to: &table) == .changed)
        #expect(table.owner(of: partition)?.instance == "a")
        #expect(table.ownership(of: partition)?.successor == "b")
        #expect(apply(ownership(5, isWithdrawn: true), to: &table) == .changed)
        #expect(table.owner(of: partition) == nil)
        #expect(table.loads == [:])
    }

    @Test func whoeverIsNotHeardOfIsGone() {
        var table = OwnerTable()
        #expect(apply(.presence(instance: "a", url: "u"), to: &table, at: 0) == .changed)
        #expect(apply(.presence(instance: "b", url: "v"), to: &table, at: 20) == .changed)
        #expect(apply(.presence(instance: "b", url: "v"), to: &table, at: 10) == .nothing)  // read late, it makes nobody older
        #expect(table.liveInstances == ["a", "b"])
        let hasForgotten = table.forgetInstances(notHeardSince: Timestamp(microseconds: 15_000_000))
        #expect(hasForgotten)
        #expect(table.liveInstances == ["b"])
        #expect(apply(.absence(instance: "b"), to: &table) == .changed)
        #expect(apply(.absence(instance: "b"), to: &table) == .nothing)
        #expect(table.liveInstances.isEmpty)
    }

    /// Two processes that live never have the same home.
    @Test func whoeverComesIntoAHomeTellsThatItsFormerOwnerHasEnded() {
        var table = OwnerTable()
        _ = apply(.presence(instance: "a", url: "u", home: "h"), to: &table)
        _ = apply(.presence(instance: "b", url: "v", home: "i"), to: &table)
        _ = apply(ownership(5, home: "h"), to: &table)
        #expect(table.vacant == [:])
        #expect(apply(.presence(instance: "a2", url: "u", home: "h"), to: &table) == .changed)
        #expect(table.liveInstances == ["a2", "b"])
        #expect(table.vacant == [partition: Epoch(5)])
        #expect(table.owner(of: partition).map(table.isSucceeded) == true)
        #expect(apply(.presence(instance: "a2", url: "u", home: "h"), to: &table) == .nothing)
        _ = apply(ownership(6, "b", home: "i"), to: &table)
        #expect(table.vacant == [:])
    }

    @Test func successorsAreSpreadEvenly() {
        var plan = HandoverPlan()
        let named = plan.name(for: Fleet.all, among: ["b", "c", "d"], loads: ["b": 2, "c": 1])
        #expect(named.values.sorted() == ["b", "c", "d", "d"].sorted())
        #expect(plan.name(for: Fleet.all, among: ["b", "c", "d"], loads: ["b": 2, "c": 1]) == [:])
    }

    @Test func aSuccessorThatIsGoneOrSlowIsReplaced() {
        var plan = HandoverPlan()
        let place = Fleet.all[0]
        #expect(plan.name(for: [place], among: ["b", "c"], loads: [:]) == [place: "b"])
        #expect(plan.name(for: [place], among: ["c"], loads: [:]) == [place: "c"])
        #expect(plan.name(for: [place], among: ["b", "c"], loads: [:], slow: [place]) == [place: "b"])
        #expect(plan.name(for: [place], among: ["b"], loads: [:], slow: [place]) == [:])  // nobody is quicker
        #expect(plan.name(for: [place], among: [], loads: [:]) == [:])
    }
}
