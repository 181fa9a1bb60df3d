import EventLog
import Testing

@testable import HighwaterCLI
@testable import ReadModel

@Suite struct SystemStatusTests {
    private func status(_ partitions: [ProjectionStatus.PartitionStatus]) -> SystemStatus {
        SystemStatus(
            log: "sqlite:log.sqlite", partitions: [],
            projections: [
                ProjectionStatus(
                    projection: "lights", version: 2, store: "sqlite",
                    generations: [
                        .init(number: 3, version: 2, state: .live, builder: nil, isAbandoned: false),
                        .init(number: 4, version: 2, state: .building, builder: "gone", isAbandoned: true),
                    ], partitions: partitions,
                    lagRecords: partitions.reduce(0) { $0 + $1.lag }, lagSeconds: 1.25, error: nil)
            ])
    }

    @Test func theTextHasEveryPosition() {
        let text = status([
            .init(partition: 0, offset: 36, end: 37, lag: 0), .init(partition: 1, offset: -1, end: 4, lag: 4),
            .init(partition: 12, offset: 12_345, end: 12_350, lag: 4),
        ]).text
        #expect(text.contains("LAG RECORDS  LAG SECONDS") && text.contains("3 live, 4 abandoned"), "\(text)")
        #expect(
            text.hasSuffix(
                """
                POSITIONS (partition@last record applied/end of the log)
                lights v2 in sqlite
                  0@36/37         1@-/4           12@12345/12350

                """), "\(text)")
    }

    @Test func manyPartitionsTakeSeveralLines() {
        let text = status((0..<100).map { .init(partition: $0, offset: 999_999, end: 1_000_000, lag: 0) }).text
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("  ") }
        #expect(lines.count > 10 && lines.allSatisfy { $0.count <= 102 }, "\(text)")
        #expect(lines.flatMap { $0.split(separator: " ") }.count == 100)
    }

    @Test func ofAReadModelThatIsMissingNothingIsKnownButWhy() {
        let missing = ProjectionStatus(unknown: ProjectionID("lights", version: 2), store: "sqlite", error: "it is missing")
        let text = SystemStatus(log: "sqlite:log.sqlite", partitions: [], projections: [missing]).text
        #expect(text.hasSuffix("lights v2   sqlite  -            -            -            it is missing\n"), "\(text)")
    }
}
