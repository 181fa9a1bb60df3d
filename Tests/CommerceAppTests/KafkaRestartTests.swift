import Foundation
import Testing

extension AppTests {
    /// Processes on Kafka that come back, and a log whose limits are met, on librdkafka's mock cluster.
    @Suite(.serialized) struct KafkaRestartTests {
        /// Whatever waits for the dead member's session takes longer than this.
        private let session = Duration.seconds(40)

        /// An owner that is killed and started again at once writes its partitions again long before its session has run out.
        @Test(.timeLimit(.minutes(6))) func anOwnerThatComesBackAtOnceWritesAgainAtOnce() async throws {
            let settings = ["HIGHWATER_KAFKA_SESSION_TIMEOUT_MS": "\(Int(session.milliseconds))"]
            try await Fleet.with(.mock, serve: 1, project: 1, settings) { fleet in
                let instance = fleet.serving[0]
                var times: [Duration] = []
                let sent = try await CommandLoad.beside(fleet.urls) { load in
                    for _ in 0..<3 {
                        let partitions = Set(try await fleet.waitForOwners().keys)
                        try await load.waitForAcknowledged(100)
                        let again = try await load.timeToNextAcknowledged(partitions) {
                            let killed = ContinuousClock.now
                            #expect(try await instance.end(by: SIGKILL) == .signal(SIGKILL))
                            try instance.start()
                            return killed
                        }
                        times.append(again.values.max() ?? .zero)
                    }
                }
                print("kill -9 and an instant restart, to the next acknowledged command of each partition: \(times.map(\.rounded))")
                #expect(times.allSatisfy { $0 < session / 2 }, "\(times.map(\.rounded))")
                let log = try await LogChecker(fleet.commerce)
                log.check(sent)
            }
        }

        /// Two processes on one state folder: the second has no name of its own there, and takes nothing from the first.
        @Test(.timeLimit(.minutes(5))) func twoProcessesInOnePlaceAreTold() async throws {
            try await Fleet.with(.mock, serve: 1, project: 1) { fleet in
                let state = ["HIGHWATER_STATE": "data/state-\(fleet.serving[0])"]
                try await fleet.commerce.running("serve", settings: state) { second in
                    #expect(await second.standardError.waitFor(1) { $0.contains("another process uses the state folder") })
                }
            }
        }

        /// A batch that is refused for its size is no reason to refuse the small commands in it.
        @Test(.timeLimit(.minutes(5))) func noCommandIsRefusedForTheSizeOfItsNeighbours() async throws {
            try await Fleet.with(.mock, serve: 1, project: 1, partitions: 1) { fleet in
                guard case .mock(let cluster) = fleet.cluster else { return }
                let server = try fleet.serving[0].server
                #expect(try await server.place("warm-up").status == 201)
                // The first answer comes when all are in flight.
                try await cluster.tell("delay 1 300")
                try await cluster.tell("errors 0 10")
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<40 { group.addTask { try await server.place("small-\(number)").status } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses == Array(repeating: 201, count: 40))
                #expect(fleet.serving[0].log.contains("is larger than Kafka takes"), "the batch was not refused")
                try await cluster.tell("delay 1 0")
                let log = try await LogChecker(fleet.commerce)
                log.checkStreams()
            }
        }

        /// Every tool says so, and says what to do.
        @Test(.timeLimit(.minutes(5))) func partitionsAddedToATopicAreToldEverywhere() async throws {
            let cluster = try await MockCluster()
            let commerce = try Installation(["HIGHWATER_LOG": "kafka://\(cluster.bootstrap)"])
            try await cluster.makeTopic("ordering", partitions: 4)
            try await cluster.makeTopic("ordering.owners", partitions: 1)
            // A claim of epoch 1, made when there were two partitions (Schemas/highwater/log/v1/record.proto).
            try await cluster.tell("append ordering 0 null x0a0708011802220177")
            let words = "has 4 partitions and was written when it had 2"
            // It makes the read model's file, in which the others look.
            try await commerce.running("project") { project in
                #expect(await project.standardError.waitFor(1) { $0.contains(words) }, "\(project.standardError.text)")
            }
            for arguments in [
                ["serve"], ["replay", "--all"], ["verify", "--all"], ["status"], ["events", "show", "order/1"],
                ["events", "tail", "--from", "beginning", "--to", "end"],
            ] {
                let refused = try await commerce.run(arguments)
                #expect(refused.status == 1, "\(arguments): \(refused.text)\(refused.errors)")
                #expect(refused.errors.contains(words) && refused.errors.contains("copy the events"), "\(arguments): \(refused.errors)")
            }
            let checked = try await commerce.run("topics", "check")
            #expect(checked.status == 2 && checked.text.contains(words), "\(checked.text)\(checked.errors)")
        }
    }
}
