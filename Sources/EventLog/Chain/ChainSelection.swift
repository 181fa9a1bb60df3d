public import EventModel

/// Which of a partition's valid records a reading is for. The others are held against the chain rule by their headers, and not decoded.
public enum ChainSelection: Hashable, Sendable {
    case all
    /// Records with this key, which is the stream's name: one stream's commits.
    case key(Bytes)
    /// None: they are only counted.
    case none

    /// Whether a record with this key is one that the reading is for.
    func contains(key: Bytes) -> Bool {
        switch self {
        case .all: true
        case .key(let wanted): key == wanted
        case .none: false
        }
    }
}
