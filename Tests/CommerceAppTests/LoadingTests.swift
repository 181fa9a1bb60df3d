import Foundation
import Testing

extension AppTests {
    @Suite struct LoadingTests {
        /// A command that is answered too late is sent again, and counts as replayed then.
        private let patient = ["HIGHWATER_COMMAND_TIMEOUT_SECONDS": "30"]

        @Test(.timeLimit(.minutes(5))) func theSampleLoadsExactlyAndOnce() async throws {
            let commerce = try Installation(patient)
            try await commerce.up { server in
                let (result, status) = try await commerce.load(to: server, "--rejects", commerce.file("rejects.csv"))
                #expect(status == 2)
                #expect(
                    result.counts == [
                        "invoices": 300, "placed": 263, "registered": 37, "replayed": 0, "refused": 0, "lines": 3598, "rejectedLines": 36,
                    ])
                let rejects = try String(contentsOfFile: commerce.file("rejects.csv"), encoding: .utf8)
                #expect(rejects.split(separator: "\n").count == 37)
                try await commerce.checkViews(server)

                let ends = try await commerce.ends()
                let (again, _) = try await commerce.load(to: server)
                #expect(
                    again.counts == [
                        "invoices": 300, "placed": 0, "registered": 0, "replayed": 300, "refused": 0, "lines": 3598, "rejectedLines": 36,
                    ])
                #expect(try await commerce.ends() == ends)
                try await commerce.checkViews(server)
            }
            try await commerce.expectEveryInvoiceOnce(300)
        }

        /// The server is killed in the middle; a new one takes its place at the same address, and the loader goes on.
        @Test(.timeLimit(.minutes(5))) func aKilledServerLosesNothing() async throws {
            let commerce = try Installation()
            let orders = try await commerce.makeOrders(1000)
            let port = try ReservedPort()
            let settings = ["HIGHWATER_HTTP": port.address]
            try await commerce.up(settings) { server in
                try await commerce.running("events", "tail", "--from", "beginning") { tail in
                    try await commerce.running("load", orders, "--url", server.url, "--concurrency", "16") { load in
                        // As another process sees them come.
                        try #require(await tail.standardOutput.waitFor(400), "\(tail.standardError.text)")
                        server.process.signal(SIGKILL)
                        #expect(await server.process.wait() == .signal(SIGKILL))
                        try await commerce.up(settings) { server in
                            #expect(await load.wait() == .status(2), "\(load.standardError.text)")
                            let result = try JSON(load.standardOutput.text)
                            #expect(result["invoices"].integer == 1000)
                            #expect(result["refused"].integer == 0)
                            try await commerce.checkViews(server, against: orders)
                            let (again, _) = try await commerce.load(orders, to: server)
                            #expect(again["replayed"].integer == 1000)
                        }
                    }
                }
            }
            try await commerce.expectEveryInvoiceOnce(1000)
        }

        /// Server and loader are killed; both are started again.
        @Test(.timeLimit(.minutes(5))) func aSecondLoadGoesOnWhereAKilledOneStopped() async throws {
            let commerce = try Installation(patient)
            let orders = try await commerce.makeOrders(800)
            try await commerce.up { server in
                try await commerce.running("events", "tail", "--from", "beginning") { tail in
                    try await commerce.running("load", orders, "--url", server.url) { load in
                        try #require(await tail.standardOutput.waitFor(250), "\(tail.standardError.text)")
                        server.process.signal(SIGKILL)
                        load.signal(SIGKILL)
                        _ = await server.process.wait()
                    }
                }
            }
            let stored = try await commerce.events().count
            #expect(stored >= 250)
            try await commerce.up { server in
                let (result, status) = try await commerce.load(orders, to: server)
                #expect(status == 2)
                #expect(result["replayed"].integer == stored)
                #expect(result["invoices"].integer == 800)
                try await commerce.checkViews(server, against: orders)
                #expect(try await commerce.run("verify", "--all").status == 0)
            }
            try await commerce.expectEveryInvoiceOnce(800)
        }

        @Test(.timeLimit(.minutes(5))) func whatTheServerDoesNotTakeDoesNotEndTheLoad() async throws {
            func line(_ invoice: String, sku: String = "85123A", description: String = "LANTERN") -> String {
                "\(invoice),\(sku),\(description),1,2010-12-01 08:26:00,1,17850.0,France\n"
            }
            let commerce = try Installation(patient)
            let orders = commerce.file("odd.csv")
            // Of a megabyte and more, whose lines are all right, and of one by far more.
            let long = String(repeating: "x", count: 1000)
            let large = (0..<1100).map { _ in line("100003", description: long) }.joined()
            let larger = (0..<20_000).map { _ in line("100004", description: long) }.joined()
            try Data(
                ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" + line("100001")
                    + line("100002", sku: String(repeating: "x", count: 65)) + line("100002") + large + larger + line("100005")).utf8
            ).write(to: URL(fileURLWithPath: orders))
            try await commerce.up { server in
                for isAgain in [false, true] {
                    let output = try await commerce.run("load", orders, "--url", server.url, "--concurrency", "1")
                    #expect(output.status == 2, "\(output.errors)")
                    #expect(
                        try JSON(output.text).counts == [
                            "invoices": 5, "placed": isAgain ? 0 : 3, "registered": 0, "replayed": isAgain ? 3 : 0, "refused": 2,
                            "lines": 21_104, "rejectedLines": 1,
                        ])
                    #expect(output.errors.contains("2 invoices refused: 2 too-large (as 100003: "), "\(output.errors)")
                    #expect(
                        output.errors.contains(" of 5 invoices") && !output.errors.contains("["), "a bar is for terminals: \(output.errors)"
                    )
                }
            }
            try await commerce.expectEveryInvoiceOnce(3)
        }

        @Test(.timeLimit(.minutes(5))) func aLoadWithoutServerSaysWhatToDo() async throws {
            let commerce = try Installation()
            let output = try await commerce.run("load", Installation.sample, "--url", "http://127.0.0.1:1", "--patience-seconds", "1")
            #expect(output.status == 1)
            #expect(output.errors.contains("127.0.0.1:1"))
            let absent = try await commerce.run("load", "absent.csv")
            #expect(absent.status == 1)
            #expect(absent.errors.contains("absent.csv"))
            #expect(try await commerce.run("load", Installation.sample, "--url", "nonsense").status == 64)
            // Would empty the file before it is read.
            let copy = commerce.file("orders.csv")
            try FileManager.default.copyItem(atPath: Installation.sample, toPath: copy)
            #expect(
                try await commerce.run("load", copy, "--rejects", commerce.folder + "/./orders.csv", "--patience-seconds", "1").status == 64
            )
            #expect(FileManager.default.contentsEqual(atPath: copy, andPath: Installation.sample))
        }

        /// Half a year of real orders, where they are to be had. With Postgres at hand, `ReadModelsTests` does this and more with them.
        @Test(
            .enabled(
                if: Installation.realOrders != nil,
                "there is no ../shared/data/online-retail-2010-12-to-2011-06.csv.gz beside the checkout, and ONLINE_RETAIL_CSV names none"),
            .enabled(if: !TestDatabase.isThere, "they are loaded into SQLite and Postgres by ReadModelsTests"), .timeLimit(.minutes(10)))
        func theRealOrdersLoadExactly() async throws {
            let orders = try #require(Installation.realOrders)
            let commerce = try Installation(patient)
            try await commerce.up { server in
                let (result, status) = try await commerce.load(orders, to: server)
                #expect(status == 2)
                #expect(result["refused"].integer == 0)
                #expect(result["replayed"].integer == 0)
                try await commerce.checkViews(server, against: orders)
                try await commerce.expectEveryInvoiceOnce(result["invoices"].integer ?? 0)
            }
        }
    }
}

extension JSON {
    /// The figures of a load's result, but for the time.
    var counts: [String: Int] {
        Dictionary(uniqueKeysWithValues: names.subtracting(["seconds"]).map { ($0, self[$0].integer ?? -1) })
    }
}

extension Installation {
    static let realOrders: String? = {
        let beside = checkout + "/../shared/data/online-retail-2010-12-to-2011-06.csv.gz"
        let path = ProcessInfo.processInfo.environment["ONLINE_RETAIL_CSV"] ?? beside
        return FileManager.default.isReadableFile(atPath: path) ? path : nil
    }()

    /// A larger file by the sample's generator.
    func makeOrders(_ count: Int) async throws -> String {
        let path = file("orders-\(count).csv")
        let made = try await runTool("python3", Self.checkout + "/scripts/sample-orders", "--invoices", "\(count)", "--output", path)
        try #require(made.status == 0, "\(made.errors)")
        return path
    }

    func expectEveryInvoiceOnce(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let events = try await events()
        #expect(events.count == count, sourceLocation: sourceLocation)
        #expect(Set(events.map { $0["id"].text }).count == events.count, sourceLocation: sourceLocation)
        #expect(events.allSatisfy { $0["version"].integer == 1 }, sourceLocation: sourceLocation)
    }
}
