import EventLog
import EventModel
import HTTPTypes
import Hummingbird
import NIOCore
import WriteModel

/// A request that only the owner of its stream's partition can answer.
struct StreamRequest: Sendable {
    let head: HTTPRequest
    let body: ByteBuffer?
    let stream: StreamID
    let service: any CommandService
    /// Of a command, which may take effect without an answer. The key goes along, so that trying again is safe.
    let commandID: CommandID?
    /// Empty where there is none.
    let traceparent: String
    /// Of a read: how long its caller is ready to wait for a position, which may be longer than a command takes.
    var wait = Duration.zero

    /// The instance that has forwarded it, if one has.
    var sender: String? { head.headerFields[.highwaterForwardedBy] }

    /// The instance that it was forwarded to, if it was.
    var addressee: String? { head.headerFields[.highwaterForwardedTo] }

    /// How long an answer may take, by the one who forwarded it.
    var timeout: Duration? {
        guard sender != nil, let text = head.headerFields[.highwaterTimeout], let milliseconds = Int64(text), milliseconds >= 0 else {
            return nil
        }
        return .milliseconds(min(milliseconds, 3_600_000))
    }
}

/// What an instance makes of a request by itself.
enum LocalAnswer: Sendable {
    case response(Response)
    /// It does not own the partition, for the reason given.
    case notOwner(String)
}
