import Foundation
import Testing

extension AppTests {
    /// What is given to `load`, and what becomes of it where it is not as it should be.
    @Suite struct LoadInputTests {
        /// A command that is answered too late is sent again, and counts as replayed then.
        private let patient = ["HIGHWATER_COMMAND_TIMEOUT_SECONDS": "30"]

        /// As a shell gives them: a pipe with a name that ends with the command, and standard input.
        @Test(.timeLimit(.minutes(5)), arguments: ["load <(cat \"$1\")", "load - <\"$1\"", "load /dev/stdin < <(gzip -c \"$1\")"])
        func whatCanBeReadOnceLoadsWhole(_ command: String) async throws {
            let commerce = try Installation(patient)
            try await commerce.up { server in
                let output = try await commerce.runTool(
                    "bash", "-c", "\"$0\" \(command) --url \(server.url)", Installation.executable, Installation.sample)
                #expect(output.status == 2, "\(output.errors)")
                #expect(try JSON(output.text).counts["placed"] == 263)
                #expect(try JSON(output.text).counts["lines"] == 3598)
                try await commerce.checkViews(server)
            }
        }

        @Test(.timeLimit(.minutes(5))) func bytesOfAnotherEncodingDoNotReachTheLog() async throws {
            let commerce = try Installation(patient)
            let orders = commerce.file("windows.csv")
            func line(_ invoice: String, _ country: [UInt8]) -> [UInt8] {
                Array("\(invoice);A;LANTERN;1;13.12.2010 08:26;2,50;17850;".utf8) + country + [0x0D, 0x0A]
            }
            let lines = line("100001", [0x43, 0xE7]) + line("100002", [0x43, 0xE8]) + line("100003", Array("France".utf8))
            try Data(
                Array("InvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country\r\n".utf8) + lines
            ).write(to: URL(fileURLWithPath: orders))
            try await commerce.up { server in
                let rejects = commerce.file("rejects.csv")
                let output = try await commerce.run("load", orders, "--url", server.url, "--rejects", rejects)
                #expect(output.status == 2)
                #expect(try JSON(output.text).counts["rejectedLines"] == 2)
                #expect(output.errors.contains("2 lines were set aside: 2 malformed (Country 2); see"), "\(output.errors)")
                #expect(output.errors.contains("--encoding windows-1252"))
                for assumption in ["separator ';'", "dates are day-first", "decimal commas"] {
                    #expect(output.errors.contains("assumed: \(assumption)"), "\(output.errors)")
                }
                let rows = String(decoding: try Data(contentsOf: URL(fileURLWithPath: rejects)), as: UTF8.self).split(separator: "\n")
                #expect(rows.map { $0.hasSuffix(",malformed,Country,is not UTF-8") } == [false, true, true])
                let told = try await commerce.run("load", orders, "--url", server.url, "--encoding", "windows-1252")
                #expect(told.status == 0)
                #expect(try JSON(told.text).counts["placed"] == 2)
                #expect(try JSON(told.text).counts["replayed"] == 1)
                let countries = try await commerce.events().map { $0["data"]["country"].text }
                #expect(Set(countries) == ["Cç", "Cè", "France"])
            }
        }

        @Test(.timeLimit(.minutes(5))) func aLoadThatIsStoppedSaysHowToGoOn() async throws {
            let commerce = try Installation(patient)
            let rejects = commerce.file("rejects.csv")
            try await commerce.up { server in
                try await commerce.running("events", "tail", "--from", "beginning") { tail in
                    let arguments = ["load", Installation.sample, "--url", server.url, "--rejects", rejects, "--rate", "20"]
                    try await commerce.running(arguments) { load in
                        try #require(await tail.standardOutput.waitFor(30), "\(tail.standardError.text)")
                        load.signal(SIGINT)
                        #expect(await load.wait() == .status(1))
                        #expect(load.standardError.text.contains("invoices have been answered; run the same load again to go on"))
                    }
                }
                let kept = try String(contentsOfFile: rejects, encoding: .utf8)
                #expect(kept.hasPrefix("InvoiceNo,") && kept.hasSuffix("\n"))
                #expect(kept.split(separator: "\n").count > 1)
                let (result, _) = try await commerce.load(to: server)
                #expect((result["replayed"].integer ?? 0) >= 30)
                try await commerce.checkViews(server)
            }
            try await commerce.expectEveryInvoiceOnce(300)
        }

        /// Nothing is sent where the lines set aside could not be kept, and the end of a pipe is not waited for.
        @Test(.timeLimit(.minutes(2))) func aLoadThatCannotBeDoneIsNotBegun() async throws {
            let commerce = try Installation()
            let long = commerce.file("long.csv")
            try Data(repeating: UInt8(ascii: "x"), count: 3_000_000).write(to: URL(fileURLWithPath: long))
            let link = commerce.file("link.csv")
            try FileManager.default.copyItem(atPath: Installation.sample, toPath: commerce.file("orders.csv"))
            try FileManager.default.linkItem(atPath: commerce.file("orders.csv"), toPath: link)
            for (arguments, status, words) in [
                ([long], 1, "its header has no end"), ([commerce.folder], 1, "is a folder"), (["/dev/zero"], 1, "its header has no end"),
                ([Installation.sample, "--rejects", "/absent/rejects.csv"], 1, "no such file or directory"),
                ([Installation.sample, "--rejects", commerce.folder], 1, "is a directory"),
                ([commerce.file("orders.csv"), "--rejects", link], 64, "must not be the file to load"),
                ([Installation.sample, "--rejects", "-"], 64, "must name a file"),
                ([Installation.sample, "--rate", "1e-300"], 64, "--rate must be"),
                ([Installation.sample, "--patience-seconds", "\(Int.max)"], 64, "--patience-seconds must be"),
                ([Installation.sample, "--encoding", "ebcdic"], 64, "--encoding"),
                ([Installation.sample, "--separator", "%"], 64, "--separator"),
                ([Installation.sample, "--url", "http://127.0.0.1:1/?a=b"], 64, "--url must be"),
            ] as [([String], Int32, String)] {
                let output = try await commerce.run(["load"] + arguments)
                #expect(output.status == status, "\(arguments): \(output.errors)")
                #expect(output.errors.contains(words), "\(arguments): \(output.errors)")
                #expect(output.errors.utf8.count < 1500, "\(arguments): \(output.errors)")
                if status == 1 { #expect(output.errors.split(separator: "\n").count == 1, "\(output.errors)") }
                #expect(output.text.isEmpty)
            }
        }

        @Test(.timeLimit(.minutes(5))) func twoInvoicesOfOneNumberAreToldOf() async throws {
            let commerce = try Installation(patient)
            let orders = commerce.file("two.csv")
            try Data(
                """
                InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
                100001,A,LANTERN,1,2010-12-01 08:26:00,1,17850.0,France
                100001,B,LANTERN,1,2010-12-01 08:26:00,1,17851.0,Spain

                """.utf8
            ).write(to: URL(fileURLWithPath: orders))
            try await commerce.up { server in
                let output = try await commerce.run("load", orders, "--url", server.url)
                #expect(output.status == 2)
                #expect(
                    output.errors.contains(
                        "line 3 of invoice 100001 has customer 17851 and not customer 17850, 'Spain' and not 'France', as its first line 2"),
                    "\(output.errors)")
                try await commerce.checkViews(server, against: orders)
            }
        }
    }
}
