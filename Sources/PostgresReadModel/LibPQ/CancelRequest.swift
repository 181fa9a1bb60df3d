import CLibPQ
import Dispatch

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

    /// Sends it, without waiting: libpq blocks meanwhile. Whether it came in time only the statement's own result tells.
    func send() {
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            var reason = [CChar](repeating: 0, count: 256)
            _ = PQcancel(request, &reason, Int32(reason.count))
        }
    }
}
