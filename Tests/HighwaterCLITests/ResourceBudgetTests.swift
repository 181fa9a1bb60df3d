import Operations
import Testing

@testable import HighwaterCLI

struct ResourceBudgetTests {
    private static let embedded = ResourceNeeds.Plan(
        roles: .all, partitions: 8, projections: 4, sqliteReadModels: 1, brokers: nil, cores: 4)
    private static let kafka = ResourceNeeds.Plan(
        roles: .all, partitions: 8, projections: 4, postgresReadModels: 1, brokers: 3, cores: 4)
    private static let container = ProcessLimits(descriptors: 1024, threads: ThreadLimit(1024, source: "RLIMIT_NPROC (ulimit -u)"))

    @Test(arguments: [embedded, kafka]) func theDefaultsFitASmallContainer(_ plan: ResourceNeeds.Plan) throws {
        let budget = ResourceBudget(limits: Self.container, plan: plan)
        let connections = try budget.connections(wanted: nil)
        #expect(connections >= ResourceBudget.fewestConnections)
        #expect(budget.needs.descriptors + connections * budget.perConnection <= 1024)
        // Room for more would be given.
        #expect(budget.needs.descriptors + (connections + 1) * budget.perConnection > 1024)
    }

    @Test func thereIsAnEndToTheDefault() throws {
        let budget = ResourceBudget(limits: ProcessLimits(descriptors: 1 << 20), plan: Self.embedded)
        #expect(try budget.connections(wanted: nil) == ResourceBudget.mostConnections)
        #expect(try budget.connections(wanted: 100_000) == 100_000)
        #expect(try budget.connections(wanted: 1) == 1)
    }

    @Test func aForwardedRequestTakesTwo() {
        var serving = Self.embedded
        serving.roles = .serve
        #expect(ResourceBudget(limits: Self.container, plan: Self.embedded).perConnection == 1)
        #expect(ResourceBudget(limits: Self.container, plan: serving).perConnection == 2)
        #expect(ResourceBudget(limits: Self.container, plan: Self.kafka).perConnection == 2)
    }

    @Test func whatIsMissingIsTold() throws {
        var plan = Self.embedded
        plan.partitions = 256
        let needs = ResourceNeeds(plan)
        let budget = ResourceBudget(limits: Self.container, plan: plan)
        let failure = try #require(throws: Failure.self) { _ = try budget.connections(wanted: nil) }
        #expect(failure.exitStatus == 78)
        #expect(failure.description.contains("Raise the limit to \(needs.descriptors + ResourceBudget.fewestConnections) or more"))
        #expect(failure.description.contains("1,280 for the state stores of 256 partitions"))
        #expect(!failure.description.contains("MAX_CONNECTIONS"))
        let wanted = try #require(throws: Failure.self) {
            _ = try ResourceBudget(limits: Self.container, plan: Self.embedded).connections(wanted: 1000)
        }
        #expect(wanted.description.contains("set HIGHWATER_MAX_CONNECTIONS lower"))
    }

    @Test func threadsAreCountedToo() throws {
        var plan = Self.kafka
        plan.partitions = 128
        let limits = ProcessLimits(descriptors: 1 << 20, threads: ThreadLimit(512, source: "pids.max of the control group"))
        let failure = try #require(throws: Failure.self) { try ResourceBudget(limits: limits, plan: plan).check() }
        #expect(failure.exitStatus == 78)
        #expect(failure.description.contains("may run 512, by pids.max of the control group"), "\(failure)")
        #expect(throws: Never.self) { try ResourceBudget(limits: ProcessLimits(descriptors: 1 << 20), plan: plan).check() }
    }
}
