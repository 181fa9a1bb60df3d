import Synchronization

/// Answers the probes from named checks, each of which belongs to a part of what the instance does.
///
/// - `live` runs no check: it is true as long as the process answers.
/// - A part is ready while all its checks pass.
/// - `startup` is true for good once the parts that the instance starts with have all been ready.
/// - `ready` is true, once it has started, while one of the parts is ready for which the instance gets requests: a request to another part gets
///   a 503 of its own. It is false where a check finds the instance unfit. The report says `degraded` while some part is not ready. An instance that gets no requests is ready while all its parts
///   are.
/// - Draining makes `ready`, and every part, false at once.
public final class HealthRegistry: Sendable {
    private struct Check: Sendable {
        let part: HealthPart
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
        var isLeaving = false
        var isDraining = false
    }

    private let starting: Set<HealthPart>
    private let serving: Set<HealthPart>
    private let state = Mutex(State())
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - starting: the parts without which the instance has not started; all of them if empty.
    ///   - serving: the parts for which the instance gets requests.
    public init(
        starting: Set<HealthPart> = [], serving: Set<HealthPart> = [], clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.starting = starting
        self.serving = serving
        self.clock = clock
    }

    /// Adds a check, or replaces the one of that name.
    ///
    /// - Parameters:
    ///   - name: unique among the checks of every part.
    ///   - timeout: fails the check, and cancels its run, after this time.
    ///   - run: never runs twice at a time; probes that come while it runs share its result. Throwing is failing.
    public func addCheck(
        _ name: String, of part: HealthPart, timeout: Duration = .seconds(1),
        _ run: @escaping @Sendable () async throws -> HealthCheckResult
    ) {
        state.withLock { $0.checks[name] = Check(part: part, timeout: timeout, run: run) }
    }

    /// Those that have checks, by name.
    public var parts: [HealthPart] { state.withLock { Set($0.checks.values.map(\.part)) }.sorted { $0.name < $1.name } }

    /// From now on nothing is ready, so that no new requests are sent here. Those that come are served all the same.
    public func beginLeaving() { state.withLock { $0.isLeaving = true } }

    /// From now on new commands are turned away too.
    public func beginDraining() {
        state.withLock { state in
            state.isLeaving = true
            state.isDraining = true
        }
    }

    public var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Runs every check at the same time, each until its timeout.
    public func report(_ probe: HealthProbe) async -> HealthReport {
        guard probe != .live else { return HealthReport(isPassing: true, status: "live", parts: [:], checks: [:]) }
        var checks = await run { _ in true }
        let parts = Self.parts(of: checks)
        let hasWhatItStartsWith = parts.allSatisfy { $0.value || !(starting.isEmpty || starting.contains($0.key)) }
        let (hasStarted, isLeaving) = state.withLock { state in
            if hasWhatItStartsWith { state.hasStarted = true }
            return (state.hasStarted, state.isLeaving)
        }
        let requested = parts.filter { serving.contains($0.key) }.values
        let isUnfit = checks.values.contains { $0.result.isUnfit }
        let isReady = hasStarted && !isUnfit && (requested.isEmpty ? parts.values.allSatisfy { $0 } : requested.contains(true))
        if probe == .startup {
            return HealthReport(isPassing: hasStarted, status: hasStarted ? "started" : "starting", parts: parts, checks: checks)
        }
        if isLeaving { checks["draining"] = Self.draining }
        let status = isLeaving ? "draining" : !isReady ? "not-ready" : parts.values.contains(false) ? "degraded" : "ready"
        return HealthReport(isPassing: isReady && !isLeaving, status: status, parts: parts, checks: checks)
    }

    /// Whether one part is ready. Nil where no check belongs to it.
    public func report(of part: HealthPart) async -> HealthReport? {
        var checks = await run { $0 == part }
        let parts = Self.parts(of: checks)
        guard let isReady = parts[part] else { return nil }
        let isLeaving = state.withLock { $0.isLeaving }
        if isLeaving { checks["draining"] = Self.draining }
        return HealthReport(
            isPassing: isReady && !isLeaving, status: isLeaving ? "draining" : isReady ? "ready" : "not-ready", parts: parts,
            checks: checks)
    }

    private static let draining = HealthReport.Check(part: nil, result: .failing("this instance is shutting down"))

    private static func parts(of checks: [String: HealthReport.Check]) -> [HealthPart: Bool] {
        checks.values.reduce(into: [:]) { parts, check in
            if let part = check.part { parts[part] = parts[part, default: true] && check.result.isPassing }
        }
    }

    private func run(where isWanted: (HealthPart) -> Bool) async -> [String: HealthReport.Check] {
        let checks = state.withLock { $0.checks }.filter { isWanted($0.value.part) }
        var found: [String: HealthReport.Check] = [:]
        await withTaskGroup(of: (String, HealthReport.Check).self) { group in
            for (name, check) in checks {
                group.addTask { (name, HealthReport.Check(part: check.part, result: await self.result(of: check, name: name))) }
            }
            for await (name, check) in group { found[name] = check }
        }
        return found
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
