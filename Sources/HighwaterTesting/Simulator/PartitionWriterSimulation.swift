import Foundation
import Synchronization

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

    /// Runs many schedules, on two threads of its own, up to the first failure: on the cooperative pool, whatever else is under way would stand
    /// still for as long.
    ///
    /// - Throws: ``SimulationFailure``.
    public static func run(
        seeds: Range<UInt64>, configuration: SimulationConfiguration = SimulationConfiguration()
    ) async throws -> SimulationReport {
        let middle = seeds.lowerBound + UInt64(seeds.count / 2)
        let ending = Ending()
        return try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: SimulationReport.self) { group in
                for part in [seeds.lowerBound..<middle, middle..<seeds.upperBound] {
                    group.addTask { try await onThread { try run(part, configuration, until: ending) } }
                }
                var report = SimulationReport()
                do {
                    for try await part in group { report.add(part) }
                } catch {
                    ending.begin()
                    throw error
                }
                return report
            }
        } onCancel: {
            ending.begin()
        }
    }

    private static func run(
        _ seeds: Range<UInt64>, _ configuration: SimulationConfiguration, until ending: Ending
    ) throws -> SimulationReport {
        var report = SimulationReport()
        for seed in seeds {
            if ending.hasBegun { throw CancellationError() }
            report.add(try PartitionWriterSimulation(seed: seed, configuration: configuration).run())
        }
        return report
    }

    private static func onThread(_ body: @escaping @Sendable () throws -> SimulationReport) async throws -> SimulationReport {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<SimulationReport, any Error>) in
            Thread { continuation.resume(with: Result { try body() }) }.start()
        }
    }

    /// The same schedule again, with its trace.
    private func trace() -> [String] {
        let world = SimulatedWorld(seed: seed, configuration, isTraced: true)
        try? world.run()
        return world.trace?.suffix(configuration.traceLength) ?? []
    }
}

/// Tells threads to end.
private final class Ending: Sendable {
    private let state = Atomic(false)

    var hasBegun: Bool { state.load(ordering: .relaxed) }
    func begin() { state.store(true, ordering: .relaxed) }
}
