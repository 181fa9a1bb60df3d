import EventLog
import EventModel
import NIOCore
public import WriteModel

/// A recorded event as JSON, the same over HTTP and on the command line.
public enum StoredEventJSON {
    /// - Parameter data: the event's payload as JSON text.
    public static func text(_ stored: StoredEvent, data: String) -> String {
        var json = JSONText()
        write(stored, data: data, to: &json)
        return String(buffer: json.buffer)
    }

    static func write(_ stored: StoredEvent, data: String, to json: inout JSONText) {
        json.raw("{\"id\":")
        json.string(stored.id.description)
        json.raw(",\"type\":")
        json.string(stored.event.type.description)
        json.raw(",\"stream\":")
        json.string(stored.id.stream.description)
        json.raw(",\"version\":")
        json.integer(stored.id.version.rawValue)
        json.raw(",\"data\":")
        json.json(data)
        json.raw(",\"commandId\":")
        json.string(stored.metadata.commandID.description)
        json.raw(",\"correlationId\":")
        json.string(stored.metadata.correlationID)
        json.raw(",\"causationId\":")
        json.string(stored.metadata.causationID)
        json.raw(",\"actor\":")
        json.string(stored.metadata.actor)
        json.raw(",\"at\":")
        json.string(stored.metadata.at.description)
        json.raw(",\"position\":")
        json.string(stored.position.description)
        json.raw("}")
    }
}
