/// What a client of librdkafka is for.
enum ClientKind: Sendable, Hashable {
    /// Metadata, offsets and topics.
    case control
    case producer
    case reader
    /// A member of a group.
    case member(group: String)

    /// In metrics and logs.
    var name: String {
        switch self {
        case .control: "control"
        case .producer: "producer"
        case .reader: "reader"
        case .member: "member"
        }
    }
}
