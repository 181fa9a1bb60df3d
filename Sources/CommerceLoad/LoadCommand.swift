public import ArgumentParser
import AsyncHTTPClient
import Foundation
import HighwaterCLI

/// `commerce load`: places the orders of an Online Retail CSV through the command API.
public struct LoadCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Place the orders of an Online Retail CSV through the command API.",
        discussion: """
            An invoice number of six digits is an order, 'C' and six digits a return; an invoice's lines belong together wherever they \
            stand. A line that fits no rule is set aside with its reason: invoice-number, malformed, quantity, price. Stopped and run \
            again it appends nothing twice, since each command's key derives from its invoice. Exit status 2: some line was set aside, \
            or some invoice refused.
            """)

    @Argument(help: ArgumentHelp("The file, .csv or .csv.gz.", valueName: "file"))
    var file: String

    @Option(name: .long, help: "Where the command API is.")
    var url = "http://127.0.0.1:8080"

    @Option(name: .long, help: "Commands in flight at the same time.")
    var concurrency = 32

    @Option(name: .long, help: "Commands per second at the most.")
    var rate: Double?

    @Option(name: .long, help: ArgumentHelp("Where to write the lines set aside, with line number and reason.", valueName: "file"))
    var rejects: String?

    @Option(name: .long, help: "How long to try to get an invoice through.")
    var patienceSeconds = 60

    public init() {}

    public func validate() throws {
        guard (1...1024).contains(concurrency) else { throw ValidationError("--concurrency must be from 1 to 1024.") }
        guard rate.map({ $0 > 0 }) ?? true else { throw ValidationError("--rate must be above 0.") }
        guard URL(string: url)?.host != nil, url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw ValidationError("--url must be like http://127.0.0.1:8080.")
        }
        if let rejects, URL(fileURLWithPath: rejects).resolvingSymlinksInPath() == URL(fileURLWithPath: file).resolvingSymlinksInPath() {
            throw ValidationError("--rejects must not be the file to load: writing it would empty that.")
        }
    }

    public func run() async throws {
        let invoices = try InvoiceFile(path: file)
        let rejects = try RejectsFile(path: rejects)
        var configuration = HTTPClient.Configuration()
        // That nobody listens is for the sender's patience.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        let sender = CommandSender(client: client, url: base, patience: .seconds(max(1, patienceSeconds)))
        let result: LoadResult
        do {
            result = try await Load(concurrency: concurrency, rate: rate).run(invoices, rejects, send: sender.send)
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
        try StandardOutput.write(json: result)
        if result.rejectedLines > 0 || result.refused > 0 {
            let place = self.rejects.map { "; see \($0)" } ?? "; --rejects FILE keeps them"
            let refusals = result.refused > 0 ? ": \(result.refusalText)" : ""
            StandardError.write(
                "\(result.rejectedLines) lines were set aside\(result.rejectedLines > 0 ? place : ""), "
                    + "\(result.refused) invoices refused\(refusals)\n")
            throw ExitCode(findingsExitStatus)
        }
    }
}
