public import ArgumentParser
import AsyncHTTPClient
import Foundation
import HighwaterCLI
import Operations

/// `commerce load`: places the orders of an Online Retail CSV through the command API.
public struct LoadCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Place the orders of an Online Retail CSV through the command API.",
        discussion: """
            An invoice number of six digits is an order, 'C' and six digits a return; an invoice's lines belong together wherever they \
            stand. A line that fits no rule is set aside with its reason: invoice-number, malformed, quantity, price. Stopped and run \
            again it appends nothing twice, since each command's key derives from its invoice. Exit status 2: some line was set aside, \
            some invoice refused, or some line has another customer, country or day than the first of its invoice.

            Files of spreadsheets load as well, as far as their meaning is certain: separators, decimal commas, day-first or \
            month-first dates, and line ends are taken from the file where it leaves no doubt, and what was taken so is told on \
            standard error. The options say what the file does not.
            """)

    @Argument(
        help: ArgumentHelp(
            "The file, .csv or .csv.gz; '-' for standard input. A pipe is kept in a temporary file meanwhile.", valueName: "file"))
    var file: String

    @Option(name: .long, help: "Where the command API is.")
    var url = "http://127.0.0.1:8080"

    @Option(name: .long, help: "Commands in flight at the same time.")
    var concurrency = 32

    @Option(name: .long, help: "Commands per second at the most.")
    var rate: Double?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where to write the lines set aside, with line number, reason, field and what is wrong; refused invoices too.",
            valueName: "file"))
    var rejects: String?

    @Option(name: .long, help: "For how long to go on without an answer to any command.")
    var patienceSeconds = 60

    @Option(name: .long, help: ArgumentHelp("What the bytes stand for; utf-8 if absent.", valueName: "name"))
    var encoding: TextEncoding?

    @Option(name: .long, help: ArgumentHelp("What stands between two fields.", valueName: "character"))
    var separator: Separator?

    @Option(name: .long, help: ArgumentHelp("How to read dates that do not begin with the year.", valueName: "order"))
    var dates: DateOrder?

    @Option(name: .long, help: ArgumentHelp("What stands before the decimals of a price.", valueName: "mark"))
    var decimal: DecimalMark?

    public init() {}

    public func validate() throws {
        guard (1...1024).contains(concurrency) else { throw ValidationError("--concurrency must be from 1 to 1024.") }
        guard rate.map({ $0 >= 0.001 && $0.isFinite }) ?? true else { throw ValidationError("--rate must be 0.001 or more.") }
        guard (1...604_800).contains(patienceSeconds) else { throw ValidationError("--patience-seconds must be from 1 to 604800.") }
        guard CommandURL(url) != nil else { throw ValidationError("--url must be like http://127.0.0.1:8080.") }
        if let rejects {
            guard rejects != InputFile.standardInput else {
                throw ValidationError("--rejects must name a file; standard output is for the result.")
            }
            guard !Self.isSameFile(file, rejects) else {
                throw ValidationError("--rejects must not be the file to load: writing it would empty that.")
            }
        }
    }

    /// Whether both paths lead to one regular file, by whatever names.
    private static func isSameFile(_ input: String, _ output: String) -> Bool {
        var (first, second) = (stat(), stat())
        let hasInput = (input == InputFile.standardInput ? fstat(STDIN_FILENO, &first) : stat(input, &first)) == 0
        return hasInput && stat(output, &second) == 0 && first.isRegular && first.isSameFile(as: second)
    }

    public func run() async throws {
        let signals = TerminationSignals.process
        try checkOutgoingConnections(concurrency)
        // Before anything is read or sent: a load whose rejects cannot be kept is not begun.
        let rejects = try RejectsFile(path: rejects)
        let options = FormOptions(encoding: encoding, separator: separator, dates: dates, decimal: decimal)
        let invoices: InvoiceFile
        do {
            invoices = try await signals.cancelling { [file] in try await BlockingCall.run { try InvoiceFile(path: file, options) } }
        } catch let interrupted as Interrupted {
            throw Failure("\(interrupted) while the file was read: nothing has been sent")
        }
        for assumption in invoices.assumptions { StandardError.write("assumed: \(assumption)\n") }
        let result = try await send(invoices, rejects, signals)
        try StandardOutput.report(json: result)
        try report(result, rejects.tally)
    }

    private func send(_ invoices: InvoiceFile, _ rejects: RejectsFile, _ signals: TerminationSignals) async throws -> LoadResult {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: CommandSender.configuration)
        let progress = LoadProgress()
        let sender = CommandSender(
            client: client, url: CommandURL(url)?.base ?? url, patience: .seconds(patienceSeconds), progress: progress)
        let load = Load(concurrency: concurrency, rate: rate)
        let result: LoadResult
        do {
            result = try await signals.cancelling { try await load.run(invoices, rejects, send: sender.send) }
        } catch {
            try? await client.shutdown()
            guard error is Failure || error is Interrupted else { throw error }
            throw Failure(
                "\(error). \(progress.answered) of \(invoices.invoices) invoices have been answered; run the same load again to go on: "
                    + "what is in the log is not placed twice")
        }
        try await client.shutdown()
        return result
    }

    /// - Throws: the exit status of findings, where there are some.
    private func report(_ result: LoadResult, _ tally: RejectTally) throws {
        let conflicts = result.conflicts
        for example in conflicts.examples { StandardError.write("\(example)\n") }
        if conflicts.lines > 0 {
            StandardError.write(
                "there may be two invoices of one number: lines that went in with an invoice of another customer, country or day: "
                    + "\(conflicts.lines)\n")
        }
        if result.rejectedLines > 0 || result.refused > 0 {
            let place = self.rejects.map { "; see '\($0)'" } ?? "; --rejects FILE keeps them"
            let rejects = result.rejectedLines > 0 ? ": \(tally.text)\(place)" : ""
            let refusals = result.refused > 0 ? ": \(result.refusalText)" : ""
            StandardError.write(
                "\(result.rejectedLines) lines were set aside\(rejects), \(result.refused) invoices refused\(refusals)\n")
        }
        for advice in tally.advice { StandardError.write("\(advice)\n") }
        if result.rejectedLines > 0 || result.refused > 0 || conflicts.lines > 0 { throw ExitCode(findingsExitStatus) }
    }
}

/// The base of the command API's URLs.
struct CommandURL {
    /// Without a slash at the end.
    let base: String

    /// Nil where the text is no `http` or `https` URL of a host and, maybe, a path.
    init?(_ text: String) {
        guard let url = URLComponents(string: text), ["http", "https"].contains(url.scheme?.lowercased()), url.host?.isEmpty == false,
            url.query == nil, url.fragment == nil, url.user == nil, (1...65_535).contains(url.port ?? 1)
        else { return nil }
        base = text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

extension TextEncoding: ExpressibleByArgument {}
extension DateOrder: ExpressibleByArgument {}
extension DecimalMark: ExpressibleByArgument {}

extension Separator: ExpressibleByArgument {
    init?(argument: String) {
        guard let separator = argument == "\t" ? .tab : Separator(rawValue: argument) else { return nil }
        self = separator
    }
}
