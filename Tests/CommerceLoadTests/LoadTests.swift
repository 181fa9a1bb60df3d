import CommerceSchemas
import Foundation
import HighwaterCLI
import Synchronization
import Testing

@testable import CommerceLoad

@Suite struct LoadTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func load(
        _ path: String, concurrency: Int = 4, rejects: String? = nil,
        send: @escaping @Sendable (InvoiceCommand) async throws -> CommandSender.Outcome
    ) async throws -> LoadResult {
        var result = try await Load(concurrency: concurrency, rate: nil).run(
            InvoiceFile(path: path), RejectsFile(path: rejects), send: send)
        result.seconds = 0
        return result
    }

    @Test func countsWhatBecameOfEachInvoice() async throws {
        let file = try folder.write(
            header + line("100001") + line("100001") + line("C100002") + line("100003") + line("100004") + line("100005", quantity: 0)
                + line("x") + line("100006") + line("100007"))
        let result = try await load(file, concurrency: 1) { command in
            switch command.invoice {
            case "100003": .replayed
            case "100004": .refused("order-already-placed", detail: "it is there")
            case "100006", "100007": .refused("too-large")
            default: .committed
            }
        }
        #expect(
            result
                == LoadResult(
                    invoices: 6, placed: 1, registered: 1, replayed: 1, refused: 3, lines: 9, rejectedLines: 2,
                    refusals: [
                        "order-already-placed": .init(count: 1, invoice: "100004", detail: "it is there"),
                        "too-large": .init(count: 2, invoice: "100006", detail: nil),
                    ]))
        #expect(result.refusalText == "1 order-already-placed (as 100004: it is there), 2 too-large (as 100006)")
        let json = try #require(JSONSerialization.jsonObject(with: JSONEncoder().encode(result)) as? [String: Any])
        #expect(
            json.keys.sorted() == ["invoices", "lines", "placed", "refused", "registered", "rejectedLines", "replayed", "seconds"])
    }

    @Test(arguments: [1, 3, 7])
    func sendsAsManyAtATimeAsItMay(_ concurrency: Int) async throws {
        let total = 20
        let file = try folder.write(header + (0..<total).map { line(String(100_000 + $0)) }.joined())
        let gate = Gate(width: concurrency, total: total)
        let result = try await load(file, concurrency: concurrency) { _ in
            await gate.pass()
            return .committed
        }
        #expect(result.placed == total)
        #expect(gate.peak == concurrency)
    }

    @Test func sendsEachInvoiceOnce() async throws {
        let file = try folder.write(header + (0..<50).map { line(String(100_000 + $0 % 25)) }.joined())
        let sent = Mutex<[String]>([])
        _ = try await load(file) { command in
            sent.withLock { $0.append(command.invoice) }
            return .committed
        }
        #expect(sent.withLock { $0.sorted() } == (100_000..<100_025).map(String.init))
    }

    @Test(.timeLimit(.minutes(5)), arguments: [1, 8])
    func aFailureEndsIt(_ concurrency: Int) async throws {
        let file = try folder.write(header + (0..<50).map { line(String(100_000 + $0)) }.joined())
        let sent = Mutex(0)
        await #expect(throws: Failure.self) {
            try await load(file, concurrency: concurrency) { command in
                sent.withLock { $0 += 1 }
                if command.invoice == "100003" { throw Failure("no answer") }
                // Those behind it get no answer either, until they are cancelled.
                if command.invoice > "100003" { try await Task.sleep(for: .seconds(86_400)) }
                return .committed
            }
        }
        #expect(sent.withLock { $0 } <= 3 + concurrency)
    }

    @Test func keepsTheLinesSetAside() async throws {
        let rejects = folder.path + "/rejects.csv"
        let file = try folder.write(
            header + line("100001") + "100001,\"S,1\",\"7\"\" \nSIZE\",0,2010-12-01 08:26:00,1,,France\nA1,x\n\n"
                + line("C100002", price: "-1")
                + line("100003", price: "1,5"))
        let result = try await load(file, rejects: rejects) { _ in .committed }
        #expect(result == LoadResult(invoices: 1, placed: 1, lines: 5, rejectedLines: 4))
        #expect(
            try String(contentsOfFile: rejects, encoding: .utf8) == """
                InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country,line,reason,field,detail
                100001,"S,1","7"" \nSIZE",0,2010-12-01 08:26:00,1,,France,3,quantity,Quantity,is 0
                A1,x,,,,,,,5,invoice-number,InvoiceNo,is neither six digits nor C and six digits
                C100002,85123A,THING,-1,2010-12-01 08:26:00,-1,17850.0,France,7,price,UnitPrice,is below 0
                100003,85123A,THING,1,2010-12-01 08:26:00,1,5,"17850.0,France",8,malformed,,the line has 9 fields where the header has 8

                """)
    }

    @Test func aRejectsFileThatCannotBeWrittenEndsIt() async throws {
        #expect(throws: Failure.self) { try RejectsFile(path: folder.path + "/absent/rejects.csv") }
        // By a link, so that a device that were replaced would be a link only.
        let full = folder.path + "/full"
        try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: "/dev/full")
        let file = try folder.write(header + line("x"))
        let failure = await #expect(throws: Failure.self) { try await load(file, rejects: full) { _ in .committed } }
        #expect(failure?.description == "the rejects file '\(full)' cannot be written: no space left on device")
    }

    @Test func keepsTheRejectsOfTheLastLoadUntilItBegins() throws {
        let path = try folder.write("of the last load\n", to: "rejects.csv")
        let rejects = try RejectsFile(path: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "of the last load\n")
        try rejects.begin(LineForm.documented.layout)
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("InvoiceNo,"))
    }

    @Test func aRefusedInvoiceHasARowAmongTheRejects() async throws {
        let path = folder.path + "/rejects.csv"
        let result = try await load(folder.write(header + line("100001") + line("100002") + line("100002")), rejects: path) {
            $0.invoice == "100002" ? .refused("too-large", detail: "over the limit (the command has 7 bytes)") : .committed
        }
        #expect(result.rejectedLines == 0)
        let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(rows.dropFirst() == ["100002,,,,,,,,3,too-large,,over the limit (the command has 7 bytes)"])
    }

    /// The first line gives customer, country and date; that the others differ is told.
    @Test func tellsOfTwoInvoicesOfOneNumber() async throws {
        let file = try folder.write(
            header + line("100001", customer: "1") + line("100002", date: "2010-12-01 08:26:00") + line("100001", customer: "2")
                + line("100001", customer: "", country: "Spain") + line("100002", date: "2010-12-01 08:27:00")
                + line("100003", date: "2010-12-01 08:26:00") + line("100003", date: "2011-12-01 08:26:00"))
        let result = try await load(file) { _ in .committed }
        #expect(result.placed == 3)
        #expect(result.conflicts.lines == 3)
        #expect(
            result.conflicts.examples.map(\.description).sorted() == [
                "line 4 of invoice 100001 has customer 2 and not customer 1, as its first line 2",
                "line 8 of invoice 100003 has 2011-12-01 and not 2010-12-01, as its first line 7",
            ])
    }

    @Test func countsRejectsByFieldAndSaysWhatWouldHelp() {
        var tally = RejectTally()
        tally.add(Reject(.malformed, .date, "may be either", hint: .dates), field: "InvoiceDate")
        tally.add(Reject(.malformed, .date, "may be either", hint: .dates), field: "InvoiceDate")
        tally.add(Reject(.malformed, nil, "is too long"), field: nil)
        tally.add(Reject(.price, .price, "is below 0"), field: "Price")
        #expect(tally.count == 4)
        #expect(tally.text == "3 malformed (InvoiceDate 2, the line 1), 1 price (Price 1)")
        #expect(tally.advice == ["2 lines with a date that may be day-first or month-first: '--dates' says which"])
    }

    /// The figures are those of scripts/check-views, which is written apart from this.
    @Test func takesTheSampleAsItIsMeant() async throws {
        let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("samples/online-retail-sample.csv").path
        let content = try await FileContent(sample)
        var reasons: [RejectReason: Int] = [:]
        for (_, reject) in content.rejected { reasons[reject.reason, default: 0] += 1 }
        #expect(content.assumptions.allSatisfy { $0.hasPrefix("prices have decimal points, and commas") })
        #expect(reasons == [.malformed: 15, .quantity: 9, .invoiceNumber: 9, .price: 3])
        let lines = content.lines
        #expect(lines.count == 3562)
        #expect(
            lines.filter { !$0.invoice.isReturn }.reduce(0) { $0 + Int64($1.line.quantity) * $1.line.unitPriceMicros } == 180_269_216_000)
        #expect(
            try await load(sample) { _ in .committed }
                == LoadResult(invoices: 300, placed: 263, registered: 37, lines: 3598, rejectedLines: 36))
    }
}

/// Holds senders back until as many have come as may at a time, or all have.
private final class Gate: Sendable {
    private struct State {
        var inside = 0
        var peak = 0
        var came = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let width: Int
    private let total: Int

    init(width: Int, total: Int) {
        self.width = width
        self.total = total
    }

    var peak: Int { state.withLock { $0.peak } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let open = state.withLock { state in
                state.inside += 1
                state.came += 1
                state.peak = max(state.peak, state.inside)
                state.waiting.append(continuation)
                guard state.inside >= width || state.came == total else { return [CheckedContinuation<Void, Never>]() }
                defer { state.waiting = [] }
                return state.waiting
            }
            for waiting in open { waiting.resume() }
        }
        state.withLock { $0.inside -= 1 }
    }
}
