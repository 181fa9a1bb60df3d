/// Drives several partition writers over one simulated partition: a log that drops, delays and repeats records and loses reports; state
/// stores that are late and fail; hosts that crash, fall asleep and both believe that they own it; clients that repeat their commands to
/// whom they like. Single-threaded and deterministic: a seed is a schedule.
///
/// After each run the faults end, and everything must settle. Checked throughout:
/// every valid commit was decided on exactly the valid commits before it on its stream, and versions have no gaps; no command is committed
/// twice; an acknowledged commit is valid and stands where its client was told; a client told that nothing happened finds nothing of its
/// attempt in the log, ever; an answer without a commit was right for the newest state of valid commits at some time between question and
/// answer; each command is answered once, beside an earlier "unknown"; a state store is the fold of the log at its position; afterwards a fresh command succeeds, and no command is left.
///
/// ```swift
/// let report = try await PartitionWriterSimulation.run(seeds: 0..<10_000)
/// #expect(report.missing.isEmpty)
/// ```
public struct PartitionWriterSimulation: Sendable {
    public let seed: UInt64
    public let configuration: SimulationConfiguration

    public init(seed: UInt64, configuration: SimulationConfiguration = SimulationConfiguration()) {
        self.seed = seed
        self.configuration = configuration
    }

    /// Runs the schedule.
    ///
    /// - Throws: ``SimulationFailure`` with what led to it.
    public func run() throws(SimulationFailure) -> SimulationReport {
        let world = SimulatedWorld(seed: seed, configuration, isTraced: false)
        do throws(Violation) {
            try world.run()
            world.report.schedules = 1
            world.report.steps = world.step
            return world.report
        } catch {
            throw SimulationFailure(seed: seed, step: world.step, violation: error.description, trace: trace())
        }
    }

    /// Runs many schedules, on two tasks, up to the first failure.
    ///
    /// - Throws: ``SimulationFailure``.
    public static func run(
        seeds: Range<UInt64>, configuration: SimulationConfiguration = SimulationConfiguration()
    ) async throws -> SimulationReport {
        let middle = seeds.lowerBound + UInt64(seeds.count / 2)
        return try await withThrowingTaskGroup(of: SimulationReport.self) { group in
            for part in [seeds.lowerBound..<middle, middle..<seeds.upperBound] {
                group.addTask {
                    var report = SimulationReport()
                    for seed in part {
                        try Task.checkCancellation()
                        report.add(try PartitionWriterSimulation(seed: seed, configuration: configuration).run())
                    }
                    return report
                }
            }
            var report = SimulationReport()
            for try await part in group { report.add(part) }
            return report
        }
    }

    /// The same schedule again, with its trace.
    private func trace() -> [String] {
        let world = SimulatedWorld(seed: seed, configuration, isTraced: true)
        try? world.run()
        return world.trace?.suffix(configuration.traceLength) ?? []
    }
}
