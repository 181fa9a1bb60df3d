import Synchronization

/// Answers the probes from named checks.
///
/// `live` runs none: it is true as long as anybody answers. `startup` runs the checks added for it, and is true for good once all of them
/// have passed. `ready` runs those too and its own: it needs to have started, and its own checks; draining makes it fail at once.
public final class HealthRegistry: Sendable {
    private struct Check: Sendable {
        let probe: HealthProbe
        let timeout: Duration
        let run: @Sendable () async throws -> HealthCheckResult
    }

    private struct Run {
        let id: Int
        let task: Task<HealthCheckResult, Never>
    }

    private struct State {
        var checks: [String: Check] = [:]
        /// Runs that have not ended, so that probes of a check that hangs do not pile up.
        var running: [String: Run] = [:]
        var runs = 0
        var hasStarted = false
        var isDraining = false
    }

    private let state = Mutex(State())
    private let clock: any Clock<Duration>

    public init(clock: any Clock<Duration> = ContinuousClock()) { self.clock = clock }

    /// Adds a check, or replaces the one of that name.
    ///
    /// - Parameters:
    ///   - name: unique among the checks of every probe.
    ///   - probe: `startup` or `ready`; `live` has no checks and counts as `ready`.
    ///   - timeout: fails the check, and cancels its run, after this time.
    ///   - run: never runs twice at a time; probes that come while it runs share its result. Throwing is failing.
    public func addCheck(
        _ name: String, for probe: HealthProbe = .ready, timeout: Duration = .seconds(1),
        _ run: @escaping @Sendable () async throws -> HealthCheckResult
    ) {
        state.withLock { $0.checks[name] = Check(probe: probe == .startup ? .startup : .ready, timeout: timeout, run: run) }
    }

    /// From now on `ready` fails, so that no new requests are sent here.
    public func beginDraining() { state.withLock { $0.isDraining = true } }

    public var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Runs the probe's checks at the same time, each until its timeout.
    public func report(_ probe: HealthProbe) async -> HealthReport {
        guard probe != .live else { return HealthReport(probe: .live, isPassing: true, status: "live", checks: [:]) }
        let checks = state.withLock { $0.checks }
        var results: [String: HealthCheckResult] = [:]
        await withTaskGroup(of: (String, HealthCheckResult).self) { group in
            for (name, check) in checks where probe == .ready || check.probe == .startup {
                group.addTask { (name, await self.result(of: check, name: name)) }
            }
            for await (name, result) in group { results[name] = result }
        }
        func arePassing(_ probe: HealthProbe) -> Bool {
            results.allSatisfy { name, result in result.isPassing || checks[name]?.probe != probe }
        }
        let isStartPassing = arePassing(.startup)
        let (hasStarted, isDraining) = state.withLock { state in
            if isStartPassing { state.hasStarted = true }
            return (state.hasStarted, state.isDraining)
        }
        if probe == .startup {
            return HealthReport(probe: probe, isPassing: hasStarted, status: hasStarted ? "started" : "starting", checks: results)
        }
        var isPassing = hasStarted && arePassing(.ready)
        if isDraining {
            isPassing = false
            results["draining"] = .failing("this instance is shutting down")
        }
        let status = isDraining ? "draining" : isPassing ? "ready" : "not-ready"
        return HealthReport(probe: probe, isPassing: isPassing, status: status, checks: results)
    }

    private func result(of check: Check, name: String) async -> HealthCheckResult {
        let task = currentRun(of: check, name: name)
        if let result = await withDeadline(check.timeout, clock: clock, { await task.value }) { return result }
        task.cancel()
        return .failing("no answer within \(check.timeout)")
    }

    private func currentRun(of check: Check, name: String) -> Task<HealthCheckResult, Never> {
        state.withLock { state in
            if let run = state.running[name] { return run.task }
            state.runs += 1
            let id = state.runs
            let task = Task { [weak self] in
                let result: HealthCheckResult
                do {
                    result = try await check.run()
                } catch {
                    result = .failing("\(error)")
                }
                self?.ended(name, id)
                return result
            }
            state.running[name] = Run(id: id, task: task)
            return task
        }
    }

    private func ended(_ name: String, _ id: Int) {
        state.withLock { if $0.running[name]?.id == id { $0.running[name] = nil } }
    }
}
