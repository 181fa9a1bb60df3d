import Foundation
import Testing

extension AppTests {
    /// The load and the checker that the fleets are tested with, on the embedded log; and that the checker finds what is wrong.
    @Suite struct ExactnessTests {
        @Test(.timeLimit(.minutes(5))) func aKilledServerToldNobodyWhatIsNotThere() async throws {
            let commerce = try Installation()
            let port = try ReservedPort()
            let settings = ["HIGHWATER_HTTP": port.address]
            try await commerce.up(settings) { first in
                var options = CommandLoad.Options()
                options.perSecond = 25
                let sent = try await CommandLoad.beside([first.url], options) { load in
                    try await load.waitForAcknowledged(150)
                    first.process.signal(SIGKILL)
                    _ = await first.process.wait()
                    // Killed each time it has answered so many.
                    for _ in 1...3 { try await commerce.up(settings) { _ in try await load.waitForAcknowledged(150) } }
                    // The clients want their last answers.
                    try await commerce.up(settings) { server in
                        try await load.finish()
                        let log = try await LogChecker(commerce)
                        log.check(load.commands)
                        try await log.checkViews([server])
                    }
                }
                #expect(sent.contains { $0.attempts.count > 1 }, "some were sent again")
                try await expectFindings(commerce, sent)
            }
        }

        /// Each is planted, and has to be found.
        private func expectFindings(_ commerce: Installation, _ sent: [SentCommand]) async throws {
            let log = try await LogChecker(commerce)
            let index = try #require(sent.firstIndex { !($0.acknowledged?.json["events"].elements.isEmpty ?? true) })
            let command = sent[index]
            func changed(_ change: (inout [String: JSON]) -> Void) -> [SentCommand] {
                var all = sent
                all[index].answer = command.acknowledged.map { $0.changed(change) }
                return all
            }
            let planted: [String: [SentCommand]] = [
                "another position": changed { $0["position"] = .string("ordering/0@999999") },
                "another version": changed { $0["version"] = .number(77) },
                "other events": changed { $0["events"] = .array([.null]) },
                "one that is not in the log": sent + [SentCommand(key: "lost", copying: command)],
                "one that nobody sent": Array(sent[..<index] + sent[(index + 1)...]),
                "one without an answer": sent + [SentCommand(key: "silent", stream: "order/1", name: "place")],
            ]
            for (what, commands) in planted { #expect(!log.findings(commands).isEmpty, "planted and not found: \(what)") }
        }
    }
}

extension SentCommand {
    fileprivate init(key: String, copying other: SentCommand) {
        self.init(key: key, stream: other.stream, name: other.name, attempts: other.attempts)
    }
}

extension Server.Answer {
    fileprivate func changed(_ change: (inout [String: JSON]) -> Void) -> Server.Answer {
        guard case .object(var members) = json else { return self }
        change(&members)
        let text = (try? String(decoding: JSONEncoder().encode(JSON.object(members)), as: UTF8.self)) ?? ""
        return Server.Answer(status: status, headers: headers, text: text)
    }
}
