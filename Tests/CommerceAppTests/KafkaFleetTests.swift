import Foundation
import Testing

extension AppTests {
    /// Several processes on one Kafka, disturbed in every way; afterwards the whole log is held against what clients were told.
    ///
    /// On librdkafka's mock cluster, and on the broker that `KAFKA_BOOTSTRAP_SERVERS` names where it names one.
    @Suite(.serialized) struct KafkaFleetTests {
        /// An owner that is killed is succeeded within the group's session timeout and this, which a debug build on busy cores needs no more of.
        /// What is not claimed at once waits longer, for a timeout.
        private let succession = Duration.seconds(3)
        private let handover = Duration.milliseconds(500)
        /// What is timed is done until it was in time twice, so often at the most: a machine that was busy with something else is told by that
        /// from a fault, which is there every time.
        private let timedAttempts = 5

        @Test(.timeLimit(.minutes(6)), arguments: KafkaTarget.all) func twoAndTwoUnderLoad(_ target: KafkaTarget) async throws {
            try await Fleet.with(target) { fleet in
                try await fleet.waitUntilBothOwn()
                var options = CommandLoad.Options()
                options.perSecond = 25
                let sent = try await CommandLoad.beside(fleet.urls, options) { load in
                    try await load.waitForAcknowledged(600)
                    // Whoever writes here reads it there.
                    for (writer, reader) in [(0, 1), (1, 0), (0, 0), (1, 1)] {
                        let id = "read-\(writer)-\(reader)"
                        let placed = try await fleet.serving[writer].server.place(id, headers: ["Idempotency-Key": id])
                        let position = try #require(placed.position, "\(placed.text)")
                        let row = try await fleet.serving[reader].server.get("/v1/views/order-summary/\(id)", at: [position])
                        #expect(row.json["status"].text == "placed", "\(row.text)")
                        let history = try await fleet.serving[reader].server.get("/v1/order/\(id)/events")
                        #expect(history.status == 200 && history.text.contains("order/\(id)@1"), "\(history.text)")
                    }
                }
                #expect(sent.failures.isEmpty)
                let read = [(0, 0), (0, 1), (1, 0), (1, 1)].map { "read-\($0)-\($1)" }
                try await fleet.checkAll(sent, besides: read)
            }
        }

        @Test(.timeLimit(.minutes(8)), arguments: KafkaTarget.all) func aKilledOwnerIsSucceeded(_ target: KafkaTarget) async throws {
            try await Fleet.with(target) { fleet in
                // The mock's coordinator looks for lost members once a second, and waits in every rebalance a second less than for one of those.
                let rebalance = if case .mock = target { fleet.sessionTimeout } else { Duration.zero }
                let limit = fleet.sessionTimeout + rebalance + succession
                var worst: [Duration] = []
                let sent = try await CommandLoad.beside(fleet.urls) { load in
                    while worst.count < timedAttempts, worst.count(where: { $0 <= limit }) < 2 {
                        // One that owns all is succeeded by one that is only just joining.
                        try await fleet.waitUntilBothOwn()
                        let (victim, partitions) = try await fleet.busiest()
                        try await load.waitForAcknowledged(100)
                        let times = try await load.timeToNextAcknowledged(partitions) {
                            let killed = ContinuousClock.now
                            let exit = try await victim.end(by: SIGKILL)
                            #expect(exit == .signal(SIGKILL))
                            return killed
                        }
                        print(
                            "kill -9 to the next acknowledged command, \(target.testDescription): \(times.values.sorted().map(\.rounded))")
                        worst.append(times.values.max() ?? .zero)
                        try victim.start()
                        try await victim.waitUntilReady()
                        try await fleet.waitForOwners()
                        try await load.waitForAcknowledged(100)
                    }
                }
                #expect(worst.count { $0 <= limit } == 2, "\(worst.map(\.rounded)), and not twice within \(limit.rounded)")
                try await fleet.checkAll(sent)
            }
        }

        /// It wakes up believing that it owns what another has claimed. Nothing it says may be untrue.
        @Test(.timeLimit(.minutes(8)), arguments: KafkaTarget.all) func aZombieAcknowledgesNothingThatIsNotThere(
            _ target: KafkaTarget
        ) async throws {
            try await Fleet.with(target) { fleet in
                var told: [SentCommand] = []
                // A client that hangs on the paused instance moves on after a while, and its request waits there.
                var options = CommandLoad.Options()
                options.attemptTimeout = .seconds(2)
                told += try await CommandLoad.beside(fleet.urls, options) { load in
                    let (zombie, partitions) = try await fleet.busiest()
                    try await load.waitForAcknowledged(200)
                    zombie.signal(SIGSTOP)
                    try await fleet.waitForOwners(without: zombie, of: partitions)
                    try await load.waitForAcknowledged(100)
                    // It alone is asked when it wakes up, and knows no better than before.
                    var options = CommandLoad.Options()
                    options.name = "zombie"
                    options.seed = 2
                    options.attemptTimeout = .seconds(20)
                    told += try await CommandLoad.beside([zombie.url], options) { woken in
                        zombie.signal(SIGCONT)
                        try await woken.waitForAcknowledged(200)
                    }
                    try await load.waitForAcknowledged(200)
                }
                try await fleet.checkAll(told)
            }
        }

        @Test(.timeLimit(.minutes(8)), arguments: KafkaTarget.all) func aRollingRestartFailsNobody(_ target: KafkaTarget) async throws {
            try await Fleet.with(target) { fleet in
                // More than is asked for: this is no release build, and its processes share the cores with the clients. What waits for a timeout
                // waits longer.
                let limit = handover * 4
                var drains: [ClosedRange<ContinuousClock.Instant>] = []
                let sent = try await CommandLoad.beside(fleet.urls) { load in
                    func restart(_ instance: FleetInstance) async throws -> ClosedRange<ContinuousClock.Instant> {
                        let told = ContinuousClock.now
                        let exit = try await instance.end(by: SIGTERM)
                        #expect(exit == .status(0), "\(instance): \(instance.process?.standardError.text ?? "")")
                        let drain = told...ContinuousClock.now
                        print("\(instance) drained in \((drain.upperBound - told).rounded)")
                        try await load.waitForAcknowledged(50)
                        try instance.start()
                        try await instance.waitUntilReady()
                        try await fleet.waitForOwners()
                        try await load.waitForAcknowledged(50)
                        return drain
                    }
                    try await load.waitForAcknowledged(100)
                    for instance in fleet.serving { drains.append(try await restart(instance)) }
                    for instance in fleet.projecting { _ = try await restart(instance) }
                    while drains.count < timedAttempts, drains.count(where: { load.commands.longest(in: $0) <= limit }) < 2 {
                        drains.append(try await restart(try await fleet.busiest().instance))
                    }
                }
                let longest = drains.map { sent.longest(in: $0) }
                print("graceful handover, longest commands meanwhile, \(target.testDescription): \(longest.map(\.rounded))")
                #expect(longest.count { $0 <= limit } >= 2, "\(longest.map(\.rounded)), and not twice within \(limit.rounded)")
                #expect(sent.failures.isEmpty, "\(sent.failures.prefix(5))")
                // One in a while, where a connection is used in the moment in which it is closed; and where one is made in the moment in which
                // listening ends, of each client's one at the most.
                #expect(sent.resets.count <= drains.count * 2, "\(sent.resets)")
                #expect(sent.resetsAtOnce.count <= drains.count * CommandLoad.Options().clients, "\(sent.resetsAtOnce)")
                try await fleet.checkAll(sent)
            }
        }

        @Test(.timeLimit(.minutes(8))) func aBrokerThatGoesAwayForTenSeconds() async throws {
            try await Fleet.with(.mock) { fleet in
                guard case .mock(let cluster) = fleet.cluster else { return }
                let sent = try await CommandLoad.beside(fleet.urls) { load in
                    try await load.waitForAcknowledged(300)
                    try await cluster.takeDown()
                    // What is tested is that time.
                    try await Task.sleep(for: .seconds(10))
                    try await cluster.bringUp()
                    try await load.waitForAcknowledged(300)
                }
                try await fleet.checkAll(sent)
                for instance in fleet.instances { #expect(instance.isRunning, "\(instance)") }
            }
        }

        @Test(.timeLimit(.minutes(10)), arguments: KafkaTarget.all) func aFileLoadsExactlyWhileAnInstanceIsKilled(
            _ target: KafkaTarget
        ) async throws {
            try await Fleet.with(target) { fleet in
                let commerce = fleet.commerce
                let orders = try await commerce.ordersToLoad(on: target)
                // Both load all of it, at an instance each: the keys are the invoices', so that it goes in once.
                try await commerce.running("load", orders, "--url", fleet.urls[0], "--concurrency", "16") { first in
                    try await commerce.running("load", orders, "--url", fleet.urls[1], "--concurrency", "16") { second in
                        let (victim, _) = try await fleet.busiest()
                        try await eventually("some are in the log", pause: .milliseconds(250)) {
                            try await commerce.ends().values.reduce(0, +) > 300
                        }
                        #expect(try await victim.end(by: SIGKILL) == .signal(SIGKILL))
                        try victim.start()
                        try await victim.waitUntilReady()
                        for load in [first, second] {
                            let exit = await load.wait()
                            #expect(exit == .status(0) || exit == .status(2), "\(load.standardError.text)")
                            let result = try JSON(load.standardOutput.text)
                            #expect(result["refused"].integer == 0)
                        }
                    }
                }
                try await commerce.checkViews(try fleet.serving[0].server, against: orders)
                let log = try await LogChecker(commerce)
                log.checkStreams()
                #expect(log.events.allSatisfy { $0["version"].integer == 1 })
                try await log.checkViews([try fleet.serving[1].server])
            }
        }

        /// What looks and rebuilds from another process, while all runs.
        @Test(.timeLimit(.minutes(8)), arguments: KafkaTarget.all) func toolsWorkBesideTheFleet(_ target: KafkaTarget) async throws {
            try await Fleet.with(target) { fleet in
                let commerce = fleet.commerce
                let sent = try await CommandLoad.beside(fleet.urls) { load in
                    try await load.waitForAcknowledged(300)
                    try await commerce.running("events", "tail", "--from", "end") { tail in
                        let replay = try await commerce.run("replay", "--all")
                        #expect(replay.status == 0, "\(replay.text)\(replay.errors)")
                        try await load.waitForAcknowledged(100)
                        let verify = try await commerce.run("verify", "--all", "--json")
                        #expect(verify.status == 0, "\(verify.text)\(verify.errors)")
                        #expect(try verify.lines.allSatisfy { try JSON($0)["generation"].integer == 2 })
                        #expect(await tail.standardOutput.waitFor(100), "\(tail.standardError.text)")
                    }
                    let status = try JSON(try await commerce.run("status", "--count", "--json").text)
                    #expect(status["partitions"].elements.count == fleet.partitions)
                    #expect(status["partitions"].elements.allSatisfy { $0["commits"].integer ?? 0 > 0 })
                    #expect(status["projections"].elements.count == 4)
                    #expect(status["projections"].elements.allSatisfy { $0["error"] == .null })
                    let stream = try #require(load.commands.acknowledged.first).stream
                    let shown = try await commerce.run("events", "show", stream)
                    #expect(shown.status == 0 && shown.lines.count >= 1, "\(shown.errors)")
                    for serving in fleet.serving { try await serving.server.expectMetricsDescribed() }
                }
                #expect(sent.failures.isEmpty, "\(sent.failures.prefix(5))")
                try await fleet.checkAll(sent)
            }
        }

        // MARK: Topics

        @Test(.enabled(if: KafkaTarget.realBroker != nil, KafkaTarget.isWithoutBroker), .timeLimit(.minutes(5)))
        func topicsAreMadeOnceAndRight() async throws {
            try await withBroker { broker, commerce in
                let missing = try await commerce.run("topics", "check")
                #expect(missing.status == 2, "\(missing.text)\(missing.errors)")
                let made = try await commerce.run("topics", "create", "--partitions", "3")
                #expect(made.status == 0, "\(made.text)\(made.errors)")
                #expect(Set(try await broker.topics()).isSuperset(of: RealBroker.ours))
                let again = try await commerce.run("topics", "create", "--partitions", "3")
                #expect(again.status == 0 && again.text.contains("exists"), "\(again.text)\(again.errors)")
                let checked = try JSON(try await commerce.run("topics", "check", "--json").text)
                #expect(checked[0]["partitions"].integer == 3)
                #expect(checked[0]["settings"]["retention.ms"].text == "-1")
                #expect(checked[0]["settings"]["retention.bytes"].text == "-1")
                #expect(checked[0]["settings"]["cleanup.policy"].text == "delete")
                #expect(checked[1]["settings"]["cleanup.policy"].text == "compact")
            }
        }

        @Test(
            .enabled(if: KafkaTarget.realBroker != nil, KafkaTarget.isWithoutBroker), .timeLimit(.minutes(5)),
            arguments: [
                ["cleanup.policy": "compact", "retention.ms": "-1", "retention.bytes": "-1"],
                ["cleanup.policy": "delete", "retention.ms": "604800000", "retention.bytes": "-1"],
                ["cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "1000000000"],
            ])
        func wrongSettingsAreRefused(_ settings: [String: String]) async throws {
            try await withBroker { broker, commerce in
                try await broker.make("ordering", partitions: 2, settings)
                try await broker.make("ordering.owners", partitions: 1, ["cleanup.policy": "compact"])
                let wrong = try #require(settings.first { $0.value != "-1" && $0.value != "delete" }).key
                for arguments in [["topics", "check"], ["topics", "create"], ["serve"]] {
                    let refused = try await commerce.run(arguments)
                    #expect(refused.status != 0, "\(arguments)")
                    #expect((refused.text + refused.errors).contains(wrong), "\(arguments): \(refused.text)\(refused.errors)")
                }
            }
        }

        @Test(.enabled(if: KafkaTarget.realBroker != nil, KafkaTarget.isWithoutBroker), .timeLimit(.minutes(5)))
        func anotherPartitionCountIsRefused() async throws {
            try await withBroker { broker, commerce in
                let made = try await commerce.run("topics", "create", "--partitions", "2")
                try #require(made.status == 0, "\(made.text)\(made.errors)")
                // Its claims say how many there were.
                try await commerce.running("serve") { serve in
                    #expect(await serve.standardError.waitFor(2) { $0.contains("\"writing ordering/") })
                }
                try await broker.grow("ordering", to: 4)
                let refused = try await commerce.run("serve")
                #expect(refused.status != 0 && refused.errors.contains("partition"), "\(refused.errors)")
            }
        }

        private func withBroker(_ body: (RealBroker, Installation) async throws -> Void) async throws {
            let bootstrap = try #require(KafkaTarget.realBroker)
            try await KafkaCluster.with(.broker(bootstrap)) { cluster in
                guard case .real(let broker) = cluster else { return }
                try await body(broker, try Installation(["HIGHWATER_LOG": "kafka://\(bootstrap)"]))
            }
        }
    }
}

extension Fleet {
    /// Holds the log against what clients were told, and every instance's views against the log.
    ///
    /// - Parameter others: keys of commands that a test has sent by itself.
    fileprivate func checkAll(
        _ sent: [SentCommand], besides others: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let log = try await LogChecker(commerce)
        log.check(sent, besides: others, sourceLocation: sourceLocation)
        try await log.checkViews(try serving.filter(\.isRunning).map { try $0.server }, sourceLocation: sourceLocation)
        let retried = sent.filter { $0.attempts.count > 1 }.count
        print(
            "\(sent.count) commands, \(sent.acknowledged.count) acknowledged, \(retried) tried more than once, \(log.events.count) events in the log"
        )
    }
}

extension Installation {
    /// The real file where there is one, or a made one: a mock cluster's memory would not hold the real one with certainty.
    fileprivate func ordersToLoad(on target: KafkaTarget) async throws -> String {
        if case .broker = target, let path = Self.realOrders { return path }
        return try await makeOrders(1500)
    }
}
