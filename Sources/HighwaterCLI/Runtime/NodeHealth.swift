import EventLog
import HTTPEdge
import Operations
import ReadModel
import WriteModel

extension HealthPart {
    /// Decides commands and reads streams.
    static let commands = HealthPart("commands")
    /// Answers queries of views.
    static let views = HealthPart("views")
    /// Keeps read models up to date.
    static let projections = HealthPart("projections")
}

extension HealthRegistry {
    /// Adds the checks of a node's parts.
    ///
    /// - Parameter topics: what the writers wait for.
    func addChecks(
        of writers: [WriteService], behind topics: Opening<Void>, of readModels: [NodeReadModel], isServing: Bool, isProjecting: Bool
    ) {
        for writer in writers {
            addCheck("commands-\(writer.context.topic)", of: .commands) {
                if let waiting = topics.waiting { return .failing(waiting) }
                if let obstacle = writer.obstacle { return .failing(obstacle) }
                return .of(await writer.ownership())
            }
        }
        if isServing, let answering = readModels.first {
            addCheck("views-\(answering.kind.rawValue)", of: .views) { await .ofQueries(answering) }
        }
        guard isProjecting else { return }
        for readModel in readModels {
            for schema in readModel.schemas {
                let name = schema.projection.name
                addCheck("projection-\(name)-\(readModel.kind.rawValue)", of: .projections) {
                    if let waiting = topics.waiting { return .failing("\(waiting); lag unknown") }
                    if let outage = await readModel.outage() { return .failing("\(outage); lag unknown") }
                    return .of(readModel.status(of: name))
                }
            }
        }
    }
}

extension HealthCheckResult {
    /// A context's commands can be decided where any partition has an owner, here or elsewhere. A partition without one has none for any instance:
    /// if that made instances unready, all would be taken out of service at once, for the other partitions too.
    static func of(_ partitions: [PartitionOwnership]) -> Self {
        let own = partitions.count { $0.epoch != nil }
        let elsewhere = partitions.count { $0.epoch == nil && $0.announced != nil }
        let others = partitions.filter { $0.epoch == nil && $0.announced == nil }
        if own + elsewhere == 0, let successor = others.lazy.compactMap(\.successor).first {
            return .unfit("another process writes this log, and this one waits until that has ended: '\(successor)'")
        }
        if own == 0, let displaced = others.first(where: \.isLogDisplaced) { return .unfit(displaced.reason ?? "the log's file is gone") }
        let reading = others.compactMap(\.reading)
        let missing = others.filter { $0.reading == nil }
        var detail = "writes \(own) of \(partitions.count) partitions"
        if elsewhere > 0 { detail += ", other instances \(elsewhere)" }
        if let first = reading.first {
            detail += "; reads \(reading.count) that it cannot write yet: \(reading.dropFirst().reduce(first, +))"
        }
        if let first = missing.first {
            detail += "; \(missing.count) cannot be commanded, as \(first.partition): \(first.reason ?? "not claimed yet")"
        }
        return own + elsewhere > 0 ? .passing(detail) : .failing(detail)
    }

    /// Views can be queried where the database answers, and one of them has been built.
    static func ofQueries(_ readModel: NodeReadModel) async -> Self {
        if let outage = await readModel.outage() { return .failing(outage) }
        guard !readModel.schemas.isEmpty else { return .passing("there are no views") }
        var missing: [String] = []
        do {
            let queries = try readModel.queries()
            for schema in readModel.schemas {
                if try await !queries.isBuilt(schema.projection.name) { missing.append(schema.projection.name) }
            }
        } catch {
            return .failing("\(error)")
        }
        guard !missing.isEmpty else { return .passing() }
        let detail = "not built yet: \(missing.joined(separator: ", "))"
        return missing.count < readModel.schemas.count ? .passing(detail) : .failing(detail)
    }

    /// - Parameter status: nil where the projection's worker has not begun.
    static func of(_ status: RunnerStatus?) -> Self {
        guard let status else { return .failing("not begun yet; lag unknown") }
        if let failure = status.failure { return .failing(failure) }
        return switch status.state {
        case .starting: .failing("not begun yet; lag unknown")
        case .building: .passing("builds a new generation; lag unknown")
        case .running where status.partitions.isEmpty && status.others.isEmpty:
            .passing("no partition is assigned to this worker yet; lag unknown")
        case .running: .passing(status.lag)
        case .retrying(let fault), .stopped(let fault): .failing(fault)
        case .finished: .failing("ended")
        }
    }
}

extension HealthEndpoints {
    init(_ health: HealthRegistry, _ metrics: MetricsRegistry) {
        self.init(
            report: { probe in
                let report =
                    switch probe {
                    case .live: await health.report(.live)
                    case .ready: await health.report(.ready)
                    case .startup: await health.report(.startup)
                    case .part(let name): await health.report(of: HealthPart(name))
                    }
                return Report(isPassing: report?.isPassing ?? false, json: report?.json ?? "{}")
            },
            parts: health.parts.map(\.name), metricsText: { await metrics.render() }, isDraining: { health.isDraining })
    }
}
