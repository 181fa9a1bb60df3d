import Foundation
import Testing

extension AppTests {
    @Suite struct CommandLineTests {
        @Test(
            .timeLimit(.minutes(5)),
            arguments: [
                [], ["up"], ["serve"], ["project"], ["load"], ["replay"], ["verify"], ["events"], ["events", "show"], ["events", "tail"],
                ["status"], ["topics"], ["topics", "create"], ["topics", "check"], ["config"],
            ])
        func helpIsEverywhere(_ subcommand: [String]) async throws {
            let output = try await Installation().run(subcommand + ["--help"])
            #expect(output.status == 0)
            #expect(output.text.contains("USAGE: commerce \(subcommand.joined(separator: " "))".trimmingCharacters(in: .whitespaces)))
            #expect(output.errors.isEmpty)
        }

        @Test(
            .timeLimit(.minutes(5)),
            arguments: [
                ["fly"], ["up", "--fly"], ["load"], ["load", "a.csv", "--concurrency", "0"], ["events", "tail", "--from", "nowhere"],
                ["events", "show"], ["events", "show", "nonsense"], ["replay", "--all", "--memory", "much"], ["replay", "--all", "x"],
                ["events", "tail", "--from", "nothing/0@0"], ["verify", "--all", "--store", "mysql"],
                ["replay", "--all", "--store", "mysql"], ["verify", "--all", "--parallel", "0"], ["verify", "--all", "--differences=-1"],
            ])
        func usageErrorsExitWith64(_ arguments: [String]) async throws {
            let output = try await Installation().run(arguments)
            #expect(output.status == 64, "\(output.text)\(output.errors)")
            #expect(output.text.isEmpty)
            #expect(!output.errors.isEmpty)
        }

        @Test(.timeLimit(.minutes(5)), arguments: ["up", "status", "config"])
        func everyConfigurationProblemIsToldAtOnce(_ subcommand: String) async throws {
            let output = try await Installation().run(
                [subcommand],
                [
                    "HIGHWATER_HTTP": "nowhere", "HIGHWATER_PARTITIONS": "0", "HIGHWATER_LOG": "file:x", "HIGHWATER_LOG_LEVEL": "loud",
                    "HIGHWATER_PARTITION": "8", "HIGHWATER_KAFKA_ACKS": "1", "HIGHWATER_KAFKA_NO_SUCH": "1",
                    "HIGHWATER_READ_MODEL": "postgres://commerce:hunter2@db/commerce?no_such=1",
                ])
            #expect(output.status == 78)
            for name in [
                "HTTP", "PARTITIONS", "LOG", "LOG_LEVEL", "PARTITION", "KAFKA_ACKS", "KAFKA_NO_SUCH", "READ_MODEL",
            ] {
                #expect(output.errors.contains("  HIGHWATER_\(name) (environment)"), "\(name): \(output.errors)")
            }
            #expect(output.errors.contains("there is no option 'no_such'") && !output.errors.contains("hunter2"), "\(output.errors)")
            #expect(output.text.isEmpty)
        }

        @Test(.timeLimit(.minutes(5))) func aTopicKeepsItsPartitionsAndThatIsSaid() async throws {
            let commerce = try Installation()
            let made = try await commerce.run("topics", "create", "--partitions", "8")
            #expect(made.status == 0 && made.text.contains("ordering: created with 8 partitions"), "\(made.text)\(made.errors)")
            let again = try await commerce.run("topics", "create")
            #expect(again.status == 0 && again.text.contains("ordering: exists with 8 partitions"), "\(again.text)\(again.errors)")
            let more = try await commerce.run("topics", "create", "--partitions", "16")
            #expect(more.status == 1, "\(more.text)\(more.errors)")
            #expect(more.text.contains("it has 8 partitions and not 16") && more.text.contains("copy the events"), "\(more.text)")
        }

        @Test(.timeLimit(.minutes(5))) func configMasksSecrets() async throws {
            let secrets = [
                "HIGHWATER_READ_MODEL": "postgres://commerce:hunter2@db/commerce", "HIGHWATER_KAFKA_SASL_PASSWORD": "hunter3",
            ]
            for arguments in [["config"], ["config", "--json"]] {
                let output = try await Installation().run(arguments, secrets)
                #expect(output.status == 0, "\(output.errors)")
                #expect(!output.text.contains("hunter"))
                for word in ["HIGHWATER_LOG", "sqlite:data/log.sqlite", "HIGHWATER_SHUTDOWN_SECONDS"] {
                    #expect(output.text.contains(word))
                }
            }
            #expect(try JSON(try await Installation().run("config", "--json").text) != .null)
        }

        @Test(.timeLimit(.minutes(5))) func theReadmeHasEverySettingAsItIs() async throws {
            let readme = try String(contentsOfFile: Installation.checkout + "/README.md", encoding: .utf8)
            var told: [String: String] = [:]
            for row in readme.matches(of: /\| `(HIGHWATER_[A-Z_<>]+)` \| `?([^|`]+?)`? \|/) { told[String(row.1)] = String(row.2) }
            let settings = try JSON(try await Installation().run("config", "--json").text).elements
            #expect(settings.count > 8)
            let actual = Dictionary(uniqueKeysWithValues: settings.map { ($0["key"].text ?? "", $0["default"].text ?? "") })
            #expect(told == actual)
        }

        @Test(.timeLimit(.minutes(5))) func settingsComeFromAFileToo() async throws {
            let commerce = try Installation()
            try Data("partitions: 3\nlog: sqlite:elsewhere.sqlite\n".utf8).write(to: URL(fileURLWithPath: commerce.file("settings.yaml")))
            let output = try await commerce.run("config", "--config", "settings.yaml")
            #expect(output.status == 0)
            #expect(output.text.contains("sqlite:elsewhere.sqlite"))
            #expect(try await commerce.run("config", "--config", "absent.yaml").status == 78)
        }

        @Test(
            .timeLimit(.minutes(5)),
            arguments: [["NO_SUCH": "1"], ["ACKS": "1"], ["SOCKET_TIMEOUT_MS": "soon"]])
        func librdkafkaJudgesItsSettings(_ settings: [String: String]) async throws {
            var environment = ["HIGHWATER_LOG": "kafka://127.0.0.1:1"]
            for (name, value) in settings { environment["HIGHWATER_KAFKA_\(name)"] = value }
            let output = try await Installation().run(["topics", "check"], environment)
            #expect(output.status == 78, "\(output.errors)")
            for name in settings.keys { #expect(output.errors.contains("HIGHWATER_KAFKA_\(name) (environment)"), "\(output.errors)") }
        }

        @Test(
            .timeLimit(.minutes(5)),
            arguments: [["HIGHWATER_LOG": "sqlite:plain/log.sqlite"], ["HIGHWATER_READ_MODEL": "sqlite:plain/views.sqlite"]])
        func aFolderThatCannotBeIsToldAtTheStart(_ settings: [String: String]) async throws {
            let commerce = try Installation()
            try Data("a file".utf8).write(to: URL(fileURLWithPath: commerce.file("plain")))
            let output = try await commerce.run(["up"], settings)
            #expect(output.status == 1)
            let told = try output.errors.split(separator: "\n").map { try JSON(String($0)) }.filter { $0["level"].text == "critical" }
            #expect(told.count == 1 && told.first?["message"].text?.contains("plain/") == true, "\(output.errors)")
        }

        /// A cache that cannot be kept: the server says so, and to whoever sends a command too.
        @Test(.timeLimit(.minutes(5))) func aStateFolderThatCannotBeIsTold() async throws {
            let commerce = try Installation()
            try Data("a file".utf8).write(to: URL(fileURLWithPath: commerce.file("plain")))
            try await commerce.up(["HIGHWATER_STATE": "plain/state"], waits: false) { server in
                // It has to have tried first.
                try await eventually("a command's answer says so") {
                    let placed = try await server.place("1")
                    #expect(placed.status == 503, "\(placed.text)")
                    let detail = try #require(placed.json["detail"].text)
                    #expect(!detail.contains("plain"), "which folder it is, operators are told: \(detail)")
                    return detail.contains("state store")
                }
                try await eventually("readiness says so") {
                    let ready = try await server.get("/health/ready")
                    #expect(ready.status == 503, "\(ready.text)")
                    return ready.text.contains("plain/state")
                }
            }
        }

        @Test(.timeLimit(.minutes(5))) func aPortInUseIsToldAtTheStart() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                let address = server.url.replacing("http://", with: "")
                let output = try await Installation().run(["up"], ["HIGHWATER_HTTP": address])
                #expect(output.status == 1)
                #expect(output.errors.contains(address), "\(output.errors)")
                #expect(output.errors.contains("in use"), "\(output.errors)")
            }
        }

        @Test(.timeLimit(.minutes(5))) func toolsSayThatThereIsNoLogYet() async throws {
            for arguments in [["status"], ["verify", "--all"], ["replay", "--all"], ["events", "tail"], ["events", "show", "order/1"]] {
                let commerce = try Installation()
                let output = try await commerce.run(arguments)
                #expect(output.status == 1)
                #expect(output.errors.contains("data/log.sqlite"), "\(output.errors)")
                #expect(!FileManager.default.fileExists(atPath: commerce.file("data")), "a tool that only looks made something")
            }
        }

        @Test(.timeLimit(.minutes(5))) func toolsThatOnlyLookMakeNoReadModel() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                let placed = try await server.place("1")
                #expect(placed.status == 201)
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0))
            }
            let settings = ["HIGHWATER_READ_MODEL": "sqlite:elsewhere/views.sqlite"]
            let missing = "there is no read model at 'elsewhere/views.sqlite'"
            let verified = try await commerce.run(["verify", "--all"], settings)
            #expect(verified.status == 1 && verified.text.isEmpty && verified.errors.contains(missing), "\(verified.errors)")
            // There is more to tell than that.
            let status = try await commerce.run(["status"], settings)
            #expect(status.status == 0 && status.text.contains(missing) && status.text.contains("ordering/0"), "\(status.text)")
            let projections = try JSON(try await commerce.run(["status", "--json"], settings).text)["projections"].elements
            #expect(projections.compactMap { $0["projection"].text }.sorted() == views)
            #expect(projections.allSatisfy { $0["error"].text?.contains(missing) == true && $0["store"] == .string("sqlite") })
            #expect(try await commerce.run(["events", "tail", "--from", "beginning", "--to", "end"], settings).lines.count == 1)
            #expect(!FileManager.default.fileExists(atPath: commerce.file("elsewhere")))
            // This one is to make it.
            let replayed = try await commerce.run(["replay", "--all"], settings)
            #expect(replayed.status == 0, "\(replayed.errors)")
            let equal = try await commerce.run(["verify", "--all"], settings)
            #expect(equal.status == 0, "\(equal.text)\(equal.errors)")
        }

        @Test(.timeLimit(.minutes(5))) func aReadModelMayHaveANameOfOneLetter() async throws {
            let commerce = try Installation(["HIGHWATER_READ_MODEL": "sqlite:v"])
            try await commerce.up { server in
                let position = try #require(try await server.place("1").position)
                try await server.waitForViews(positions: [position])
            }
            #expect(try await commerce.run("verify", "--all").status == 0)
            #expect(FileManager.default.fileExists(atPath: commerce.file("v")))
        }

        @Test(.timeLimit(.minutes(5))) func eventsNeedNoReadModel() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                let placed = try await server.place("1")
                #expect(placed.status == 201)
            }
            let unreachable = ["HIGHWATER_READ_MODEL": "postgres://nobody@127.0.0.1:1/none"]
            for arguments in [["tail", "--from", "beginning", "--to", "end"], ["show", "order/1"]] {
                let output = try await commerce.run(["events"] + arguments, unreachable)
                #expect(output.status == 0 && output.lines.count == 1, "\(output.errors)")
            }
            let status = try await commerce.run(["status"], unreachable)
            #expect(status.status == 0 && status.text.contains("127.0.0.1:1"), "\(status.text)\(status.errors)")
        }

        @Test(
            .timeLimit(.minutes(5)),
            arguments: [
                ["status"], ["events", "tail"], ["events", "show", "order/1"], ["topics", "check"], ["topics", "create"],
                ["replay", "--all"],
            ])
        func whatToolsLogIsJSON(_ arguments: [String]) async throws {
            // librdkafka has something to say there.
            let output = try await Installation().run(
                arguments, ["HIGHWATER_LOG": "kafka://127.0.0.1:1"])
            #expect(output.status == 1 && output.text.isEmpty)
            let lines = output.errors.split(separator: "\n").map(String.init)
            #expect(lines.last?.hasPrefix("error: ") == true, "\(output.errors)")
            #expect(lines.last?.contains("Kafka cannot be reached") == true, "\(output.errors)")
            #expect(lines.count > 1)
            for line in lines.dropLast() { #expect(try JSON(line)["level"].text != nil, "\(line)") }
        }

        @Test(.timeLimit(.minutes(5))) func eventsBeginAtAPosition() async throws {
            let commerce = try Installation(["HIGHWATER_PARTITIONS": "2"])
            try await commerce.up { server in
                var positions: [String] = []
                for id in 0..<10 { positions.append(try #require(try await server.place("\(id)").position)) }
                let first = try #require(positions.first)
                let partition = first.prefix { $0 != "@" }
                let output = try await commerce.run("events", "tail", "--from", first, "--to", "end")
                #expect(
                    try output.lines.map { try JSON($0)["position"].text ?? "" } == positions.filter { $0.hasPrefix("\(partition)@") })
                let absent = try await commerce.run("events", "tail", "--from", "ordering/2@0")
                #expect(absent.status == 1 && absent.text.isEmpty)
                #expect(absent.errors.contains("no partition ordering/2") && absent.errors.contains("ordering/1"), "\(absent.errors)")
            }
        }

        @Test(.timeLimit(.minutes(5))) func statusTellsOfWritersAndReadModels() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                var positions: [String] = []
                for id in 0..<20 { positions.append(try #require(try await server.place("\(id)").position)) }
                try await server.waitForViews(positions: positions)
                let uncounted = try JSON(try await commerce.run("status", "--json").text)["partitions"].elements
                #expect(uncounted.allSatisfy { $0["commits"] == .null && $0["voidRecords"] == .null && $0["owner"].text != nil })
                let status = try JSON(try await commerce.run("status", "--count", "--json").text)
                let partitions = status["partitions"].elements
                #expect(partitions.count == 4)
                #expect(partitions.reduce(0) { $0 + ($1["commits"].integer ?? 0) } == 20)
                #expect(
                    partitions.allSatisfy { $0["voidRecords"].integer == 0 && ($0["epoch"].integer ?? 0) > 0 && $0["owner"].text != nil })
                let projections = status["projections"].elements
                #expect(projections.map { $0["projection"].text ?? "" }.sorted() == views)
                #expect(projections.allSatisfy { $0["lagRecords"].integer == 0 && $0["error"] == .null })
                let text = try await commerce.run("status")
                #expect(text.status == 0)
                #expect(text.text.contains("caught up"))
                for projection in projections {
                    #expect(projection["partitions"].elements.count == 4)
                    for partition in projection["partitions"].elements {
                        let numbers = ["partition", "offset", "end"].map { "\(partition[$0].integer ?? -1)" }
                        #expect(text.text.contains(" \(numbers[0])@\(numbers[1])/\(numbers[2])"), "\(text.text)")
                    }
                }
                // And what else is served.
                let metrics = try await server.get("/metrics")
                #expect(metrics.status == 200)
                #expect(metrics.text.contains("highwater_projection_lag_records"))
                try await server.expectMetricsDescribed()
                let document = try await server.get("/openapi.json")
                #expect(document.json["paths"]["/v1/order/{streamID}/place"] != .null, "\(document.json["paths"].names)")
                for probe in ["live", "ready", "startup"] { #expect(try await server.get("/health/\(probe)").status == 200) }
            }
        }
    }
}
