import EventModel
import Logging
import WriteModel

extension Category {
    /// A stored event's payload as JSON. `null` for one that the category cannot show, with an error in the log: it is stored for ever, and
    /// must hide neither what a command did nor the events beside it.
    func data(of event: EncodedEvent, at id: EventID, logger: Logger) -> String {
        let reason: String
        do throws(UnreadableEvent) {
            if let json = try json(event) { return json }
            reason = "no such event type is registered for its category"
        } catch {
            reason = "\(error)"
        }
        logger.error(
            "an event was stored that its category cannot show",
            metadata: ["event": "\(id)", "type": "\(event.type)", "error": "\(reason)"])
        return "null"
    }
}
