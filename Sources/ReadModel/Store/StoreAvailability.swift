public import EventModel

/// Whether a store answers, as far as its adapter knows.
public enum StoreAvailability: Hashable, Sendable {
    case reachable
    /// - Parameters:
    ///   - since: the first sign of trouble, after which nothing was heard of the store.
    ///   - reason: for operators, without secrets.
    case unreachable(since: Timestamp, reason: String)
}
