import DequeModule
import EventLog
import WriteModel

/// What one producer has sent and the log has not yet stored, in order, and the reports that are on their way back.
struct SimulatedProducer {
    struct Sent {
        let record: Record
        let append: PartitionWriter.AppendID
        /// Its failure has been reported, but it may yet land.
        var isReported = false
    }

    let number: Int
    let host: Int
    let incarnation: Int
    var wire: Deque<Sent> = []
    var reports: Deque<(append: PartitionWriter.AppendID, result: Result<Offset, LogError>)> = []
    /// What is on the wire may land later, or never; its reports may still come.
    var isAbandoned = false
    /// Why nothing of it will ever be stored again.
    var broken: LogError?

    var isSpent: Bool { isAbandoned && wire.isEmpty && reports.isEmpty }
}
