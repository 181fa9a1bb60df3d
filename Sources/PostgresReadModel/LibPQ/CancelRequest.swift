import CLibPQ
import Dispatch
import Synchronization

/// What it takes to ask a server to cancel what a connection is doing, over a connection of its own.
///
/// `@unchecked Sendable` since it alone owns the `PGcancel`, which never changes between `PQgetCancel` and `PQfreeCancel`: "PQcancel can be
/// invoked from a thread that is separate from the one manipulating the PGconn object" (34.7 of the manual).
final class CancelRequest: @unchecked Sendable {
    private let request: OpaquePointer

    /// Nil where the connection is not open.
    init?(for connection: OpaquePointer) {
        guard let request = PQgetCancel(connection) else { return nil }
        self.request = request
    }

    deinit { PQfreeCancel(request) }

    fileprivate func perform() {
        var reason = [CChar](repeating: 0, count: 256)
        _ = PQcancel(request, &reason, Int32(reason.count))
    }
}

/// Sends a pool's requests to cancel, one after the other, and waits for none.
///
/// `PQcancel` blocks until the server has taken the request, for ever where a server that stands still keeps its port open. So one thread at
/// most is lost to it, and requests beyond ``limit`` are not sent: the connection closes in any case, and a server since version 14 ends the
/// statement of a closed connection within two seconds.
final class CancelSender: Sendable {
    private static let limit = 16
    private let queue = DispatchQueue(label: "highwater.postgres.cancel", qos: .userInitiated)
    private let waiting = Atomic(0)

    func send(_ request: CancelRequest) {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.limit else {
            waiting.subtract(1, ordering: .relaxed)
            return
        }
        queue.async { [self] in
            request.perform()
            waiting.subtract(1, ordering: .relaxed)
        }
    }
}
