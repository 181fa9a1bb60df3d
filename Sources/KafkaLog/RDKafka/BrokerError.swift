/// An error in librdkafka's or the broker's own words.
struct BrokerError: Error, CustomStringConvertible {
    /// By Kafka's name: `MSG_SIZE_TOO_LARGE`; a leading underscore marks librdkafka's own.
    let name: String
    let reason: String

    var description: String { "\(name): \(reason)" }
}
