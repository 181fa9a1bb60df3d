import EventLog
import Synchronization

/// Collects the log's reports, so that a run of them costs the partition's owner one turn.
final class ReportInbox: Sendable {
    typealias Report = (append: PartitionWriter.AppendID, result: Result<Offset, LogError>)

    private let reports = Mutex<[Report]>([])

    /// True for the first report since the last ``drain()``: somebody should drain.
    func add(_ report: Report) -> Bool {
        reports.withLock { reports in
            reports.append(report)
            return reports.count == 1
        }
    }

    func drain() -> [Report] {
        reports.withLock { reports in
            defer { reports = [] }
            return reports
        }
    }
}
