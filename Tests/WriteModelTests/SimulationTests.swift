import Foundation
import HighwaterTesting
import Testing

/// `HIGHWATER_SIMULATION_SEED=n` runs that schedule alone; `HIGHWATER_SIMULATION_SCHEDULES=n` so many, and
/// `HIGHWATER_SIMULATION_FIRST_SEED=n` from that seed on.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static func number(_ name: String) -> UInt64? { environment["HIGHWATER_SIMULATION_" + name].flatMap(UInt64.init) }

    @Test func everyScheduleKeepsTheLaws() async throws {
        if let seed = Self.number("SEED") {
            _ = try PartitionWriterSimulation(seed: seed).run()
            return
        }
        let first = Self.number("FIRST_SEED") ?? 0
        let schedules = Self.number("SCHEDULES") ?? 10_000
        let report = try await PartitionWriterSimulation.run(seeds: first..<first + schedules)
        print(report)
        if schedules >= 10_000 { #expect(report.missing.isEmpty, "the simulation never exercised \(report.missing)") }
    }

    @Test func theSameSeedIsTheSameSchedule() throws {
        for seed in UInt64(0)..<20 {
            let first = try PartitionWriterSimulation(seed: seed).run()
            let second = try PartitionWriterSimulation(seed: seed).run()
            #expect(first.description == second.description)
        }
    }
}
