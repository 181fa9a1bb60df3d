import EventLog
import EventModel
import Synchronization

/// Gathers the progress of concurrent parts and passes it on, in the order in which it is made.
final class ProgressTracker: Sendable {
    private struct State {
        var progress = RebuildProgress()
        var lag: [Partition: Int64] = [:]
        var bytes: [Partition: Int64] = [:]
        var rows: [Partition: Int64] = [:]
    }

    private let state = Mutex(State())
    /// Held while a report is made, so that none is overtaken by the next.
    private let reporting = Mutex(())
    private let started: Timestamp
    private let environment: EngineEnvironment
    private let report: @Sendable (RebuildProgress) -> Void

    init(_ environment: EngineEnvironment, _ report: @escaping @Sendable (RebuildProgress) -> Void) {
        self.environment = environment
        self.report = report
        started = environment.now()
    }

    var progress: RebuildProgress { state.withLock { $0.progress } }
    var seconds: Double { environment.now().seconds(since: started) }

    func update(_ change: (inout RebuildProgress) -> Void) {
        tell { state, seconds in
            let phase = state.progress.phase
            change(&state.progress)
            if state.progress.phase != phase { state.progress.phaseBegan = seconds }
        }
    }

    /// What one partition's fold has done in a step, and how large it is now.
    func folded(_ partition: Partition, events: Int, records: Int, lag: Int64, rows: Int, bytes: Int) {
        tell { state, _ in
            state.lag[partition] = lag
            state.bytes[partition] = Int64(bytes)
            state.rows[partition] = Int64(rows)
            state.progress.events += Int64(events)
            state.progress.records += Int64(records)
            state.progress.lag = state.lag.values.reduce(0, +)
            state.progress.bytes = state.bytes.values.reduce(0, +)
            state.progress.rows = max(state.progress.rows, state.rows.values.reduce(0, +))
        }
    }

    private func tell(_ change: (inout State, _ seconds: Double) -> Void) {
        reporting.withLock { _ in
            let seconds = seconds
            report(
                state.withLock { state in
                    change(&state, seconds)
                    state.progress.seconds = seconds
                    return state.progress
                })
        }
    }
}
