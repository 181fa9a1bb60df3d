import EventLog
import EventModel

/// A command that waits for its turn.
struct WaitingCommand: Sendable {
    let command: Command
    let ticket: PartitionWriter.Ticket
    /// The state store has been asked for its id, and does not have it.
    var isKnownNew = false
}

/// A command that has been decided on what is in flight, and so waits for that to land.
struct PendingCommand {
    enum Decided {
        /// Its commit is in flight.
        case commit(Commit, after: StreamState)
        /// Its answer holds once the commits before it have landed and ownership is confirmed; nil where it is true for ever by then. It is
        /// given the position of the last of those commits, or of what was settled when there were none.
        case answer(@Sendable (LogPosition) -> CommandOutcome, PartitionWriter.ConfirmationID?)
    }

    let waiting: WaitingCommand
    let decided: Decided
    /// Repetitions of the command that came while it was in flight.
    var repetitions: [WaitingCommand] = []
    /// The log has refused its commit for its size, when that was sent alone.
    var isTooLarge = false

    var commit: Commit? { if case .commit(let commit, _) = decided { commit } else { nil } }
}
