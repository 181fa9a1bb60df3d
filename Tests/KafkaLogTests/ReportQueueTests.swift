import EventLog
import Synchronization
import Testing

@testable import KafkaLog

@Suite struct ReportQueueTests {
    private final class Reported: Sendable {
        let all = Mutex<[(Int, Result<Offset, LogError>)]>([])
        func report(_ index: Int) -> @Sendable (Result<Offset, LogError>) -> Void {
            { [self] result in all.withLock { $0.append((index, result)) } }
        }
        var indices: [Int] { all.withLock { $0.map(\.0) } }
        var offsets: [Int64?] { all.withLock { $0.map { try? $0.1.get().rawValue } } }
        var codes: [LogError.Code?] { all.withLock { $0.map { $0.1.failure?.code } } }
    }

    @Test func reportsComeInTheOrderOfTheAppends() {
        var queue = ReportQueue()
        let reported = Reported()
        let tickets = (0..<10_000).map { queue.add(reported.report($0)) }
        for ticket in tickets.shuffled() {
            queue.settle(ticket, .landed(Offset(Int64(ticket))))
            for due in queue.due() { due.call() }
        }
        #expect(reported.indices == Array(0..<10_000))
        #expect(reported.offsets == (0..<10_000).map { Int64($0) })
        #expect(queue.isEmpty)
    }

    @Test func behindAnUnknownOutcomeNothingIsReportedStored() {
        var queue = ReportQueue()
        let reported = Reported()
        let tickets = (0..<3).map { queue.add(reported.report($0)) }
        queue.settle(tickets[0], .landed(Offset(0)))
        queue.settle(tickets[2], .landed(Offset(2)))
        queue.settle(tickets[1], .failed(LogError(.timedOut, "late")))
        for due in queue.due() { due.call() }
        #expect(reported.codes == [nil, .timedOut, .timedOut])
    }

    @Test func aRefusedRecordDoesNotFailThoseBehindIt() {
        var queue = ReportQueue()
        let reported = Reported()
        let tickets = (0..<2).map { queue.add(reported.report($0)) }
        queue.settle(tickets[0], .failed(LogError(.recordTooLarge, "large")))
        queue.settle(tickets[1], .landed(Offset(0)))
        for due in queue.due() { due.call() }
        #expect(reported.codes == [.recordTooLarge, nil])
    }

    @Test func theFirstOutcomeCountsAndLateOnesAreIgnored() {
        var queue = ReportQueue()
        let reported = Reported()
        let ticket = queue.add(reported.report(0))
        queue.settle(ticket, .failed(LogError(.closed, "closed")))
        queue.settle(ticket, .landed(Offset(5)))
        for due in queue.due() { due.call() }
        queue.settle(ticket, .landed(Offset(5)))
        #expect(queue.due().isEmpty)
        #expect(reported.codes == [.closed])
    }
}
