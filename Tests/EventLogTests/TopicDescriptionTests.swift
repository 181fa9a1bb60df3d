import EventLog
import Testing

struct TopicDescriptionTests {
    static let lawful = [
        "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1", "min.insync.replicas": "2",
        "unclean.leader.election.enable": "false",
    ]

    private func described(_ settings: [String: String]?, replicas: Int? = 3, partitions: Int = 8) -> TopicDescription {
        TopicDescription(partitions: partitions, replicas: replicas, settings: settings)
    }

    @Test func aLawfulTopicHasNone() {
        #expect(described(Self.lawful).problems(for: .forever, expectedPartitions: 8) == [])
    }

    @Test(arguments: [
        ("cleanup.policy", "compact"), ("cleanup.policy", "compact,delete"), ("retention.ms", "604800000"), ("retention.ms", "0"),
        ("retention.bytes", "1073741824"), ("min.insync.replicas", "1"), ("min.insync.replicas", "two"),
        ("unclean.leader.election.enable", "true"),
    ])
    func namesTheSettingItsValueAndWhatItMustBe(_ name: String, _ value: String) throws {
        var settings = Self.lawful
        settings[name] = value
        let problems = described(settings).problems(for: .forever)
        #expect(problems.count == 1)
        #expect(try #require(problems.first).hasPrefix("\(name) is \(value) and must be "))
    }

    @Test func namesEveryProblemAtOnce() {
        let settings = ["cleanup.policy": "compact", "retention.ms": "1", "retention.bytes": "1", "min.insync.replicas": "1"]
        #expect(described(settings).problems(for: .forever, expectedPartitions: 6).count == 5)
    }

    /// One broker can lose a disk, and no setting mends that.
    @Test func oneReplicaNeedsNoOtherInSync() {
        var settings = Self.lawful
        settings["min.insync.replicas"] = "1"
        settings["unclean.leader.election.enable"] = "true"
        #expect(described(settings, replicas: 1).problems(for: .forever) == [])
        #expect(described(settings, replicas: nil).problems(for: .forever) == [])
    }

    @Test func aDirectoryIsCompacted() {
        #expect(described(["cleanup.policy": "compact", "retention.ms": "604800000"]).problems(for: .newestPerKey) == [])
        #expect(described(["cleanup.policy": "delete"]).problems(for: .newestPerKey).count == 1)
    }

    @Test func anotherPartitionCountSaysWhatToDo() throws {
        let problems = described(Self.lawful, partitions: 12).problems(for: .forever, expectedPartitions: 8)
        #expect(try #require(problems.first).contains("HIGHWATER_PARTITIONS=12"))
        #expect(described(Self.lawful, partitions: 12).problems(for: .forever) == [])
    }

    @Test func whatIsNotToldIsTakenToBeRight() {
        #expect(described(nil).problems(for: .forever) == [])
        #expect(described([:]).problems(for: .forever) == [])
    }

    @Test func whatATopicTakesIsHeldAgainstWhatIsSent() {
        func remarks(_ bytes: String) -> [String] { described(["max.message.bytes": bytes]).remarks(recordBytes: 1_000...2_000) }
        #expect(remarks("1000") == [] && remarks("2000") == [])
        #expect(remarks("999").first?.hasPrefix("max.message.bytes is 999") == true && remarks("999").first?.contains("1000") == true)
        #expect(remarks("2001").first?.contains("lower it") == true)
        #expect(described([:]).remarks(recordBytes: 1_000...2_000) == [])
        #expect(described(["max.message.bytes": "1000"]).maximumRecordBytes == 904)
        #expect(described(nil).maximumRecordBytes == nil)
    }
}
