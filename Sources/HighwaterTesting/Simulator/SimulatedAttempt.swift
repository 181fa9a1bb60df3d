import EventLog
import EventModel
import WriteModel

/// A command of a simulated client.
struct SimulatedCommand {
    let id: CommandID
    let stream: StreamID
    let command: TallyCommand
    let payload: CommandPayload
}

/// One sending of a command to one host. Its commit, if it makes one, carries its ticket as causation id.
struct SimulatedAttempt {
    enum Ending {
        case open
        /// The client has been told that this attempt appended nothing.
        case nothing
        case committed
        /// The client knows nothing, for ever: its host crashed or gave up.
        case undetermined
    }

    let command: Int
    let host: Int
    let incarnation: Int
    let expected: ExpectedVersion
    let start: Int
    var ending = Ending.open
    var wasUnknown = false
    /// Where its valid commit landed.
    var landed: Offset?
}
