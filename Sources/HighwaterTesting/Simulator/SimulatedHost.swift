import DequeModule
import EventLog
import EventModel
import WriteModel

/// One instance that may write the partition: its writer, while it runs, its state store, and everything that is under way between them.
/// This is the shell of a ``PartitionWriter`` as simply as it can be said.
struct SimulatedHost {
    /// What changes or reads the state store as a whole; one after another.
    enum StoreWork {
        case save(SaveRequest)
        case fold([ChainedRecord], ChainPosition)
        /// An assignment has come: read the store's position, then tell the writer.
        case assign
    }

    /// What reads a single stream, or the log's end; side by side with all else, and answered in any order.
    enum Question {
        case load(PartitionWriter.LookupID)
        case lookUp(PartitionWriter.LookupID, CommandID)
        /// Where the log ends.
        case confirm(PartitionWriter.ConfirmationID)
    }

    var incarnation = 0
    /// Nil while it is down.
    var writer: PartitionWriter?
    var store = SimulatedStateStore()
    /// The epoch it owns, or owned last.
    var epoch = Epoch.zero
    /// Whether its writer has been assigned and has not stepped down since.
    var isTaken = false
    var isPaused = false

    /// From clients; in order.
    var inbox: Deque<PartitionWriter.Input> = []
    var work: Deque<StoreWork> = []
    var questions: [Question] = []
    /// Answers of the state store on their way to the writer, in any order; a slow one may come when nobody waits for it any more.
    var results: [(input: PartitionWriter.Input, isSlow: Bool)] = []
    var readings: [SimulatedReading] = []
    var backOffs = 0
    /// Whether its last reading began because the log's end showed records that no report would tell of.
    var isReadingToConfirm = false
    /// Commands that the writer has and has not answered.
    var outstanding = 0
    /// The streams that have been loaded since it was assigned.
    var loaded: Set<StreamID> = []

    var isRunning: Bool { writer != nil && !isPaused }
    var isAssigning: Bool {
        work.contains { if case .assign = $0 { true } else { false } }
            || results.contains { if case .assigned = $0.input { true } else { false } }
    }
    var hasWork: Bool {
        writer != nil
            && !(inbox.isEmpty && work.isEmpty && questions.isEmpty && results.isEmpty && readings.allSatisfy(\.isOver) && backOffs == 0)
    }

    /// Memory is lost; the state store stays as it is.
    mutating func crash() {
        writer = nil
        isTaken = false
        isPaused = false
        inbox.removeAll()
        work.removeAll()
        questions.removeAll()
        results.removeAll()
        readings.removeAll()
        backOffs = 0
        outstanding = 0
        loaded.removeAll()
    }
}
