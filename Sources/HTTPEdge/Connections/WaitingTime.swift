import NIOCore

/// How long a connection has waited for its client, the time left out in which the server itself did not read.
struct WaitingTime {
    private var total = TimeAmount.zero
    private var since: NIODeadline?

    /// Bytes are asked for.
    mutating func begin(_ now: NIODeadline) { since = since ?? now }

    /// Bytes have come.
    mutating func end(_ now: NIODeadline) {
        if let since { total = total + (now - since) }
        since = nil
    }

    func total(_ now: NIODeadline) -> TimeAmount { since.map { total + (now - $0) } ?? total }
}
