import EventLog
import Foundation
import KafkaLog
import Operations
import WriteModel

extension ProcessLimits {
    /// The process's own, raised as far as they may be.
    static let process = ProcessLimits.raise()
}

extension ResourceBudget {
    /// Checks that the process may hold what it takes to open the log and the read models, before it does.
    ///
    /// - Throws: ``Failure`` with the status of a wrong configuration.
    static func checkOpening(_ settings: Settings, stores: Runtime.Stores) throws(Failure) {
        var plan = ResourceNeeds.Plan()
        if stores != .none { plan.add(settings.readModels) }
        if case .kafka(let brokers) = settings.log { plan.brokers = brokers.count }
        try ResourceBudget(limits: .process, plan: plan).check()
    }
}

extension ResourceNeeds.Plan {
    mutating func add(_ readModels: [ReadModelLocation]) {
        for readModel in readModels {
            switch readModel {
            case .sqlite: sqliteReadModels += 1
            case .postgres: postgresReadModels += 1
            }
        }
    }
}

extension Runtime {
    /// What a node does, as far as that tells what it needs.
    ///
    /// - Parameter isAsking: whether Kafka is asked for partitions and brokers, or they are guessed. The embedded log is always asked.
    func plan(of application: Application, roles: Roles, isAsking: Bool) async throws(LogError) -> ResourceNeeds.Plan {
        var plan = ResourceNeeds.Plan(roles: roles)
        plan.contexts = application.contexts.count
        plan.projections = application.contexts.reduce(0) { $0 + $1.projections.count }
        plan.add(settings.readModels)
        if case .kafka(let brokers) = settings.log, !isAsking {
            plan.isGuess = true
            plan.partitions = settings.partitions * plan.contexts
            plan.brokers = brokers.count
            return plan
        }
        for context in application.contexts {
            plan.partitions += try await log.partitionCount(of: context.writeModel.topic) ?? settings.partitions
        }
        plan.brokers = try await (log as? KafkaLog)?.brokersPerClient()
        return plan
    }
}

/// Checks that the process may hold so many connections to a server.
///
/// - Throws: ``Failure`` with the status of a wrong configuration.
public func checkOutgoingConnections(_ count: Int) throws {
    let needs = ResourceNeeds(ResourceNeeds.Plan()).descriptors + count
    guard needs > ProcessLimits.process.descriptors else { return }
    throw Failure(
        """
        \(Figures.grouped(count)) connections need \(Figures.grouped(needs)) file descriptors in all, and the process may open \
        \(Figures.grouped(ProcessLimits.process.descriptors)): raise the limit ('ulimit -n'), or use fewer connections
        """, exitStatus: ConfigurationError.exitStatus)
}
