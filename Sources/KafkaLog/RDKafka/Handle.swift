import Dispatch
import Synchronization

/// Owns an object of librdkafka's that any thread may use (a client, a queue or a topic): lends its pointer, and destroys it once nobody has
/// it any more. A question to the brokers may take seconds, and librdkafka itself does not wait for one that is still being asked.
///
/// The only place here that says to the compiler what it cannot know: that such a pointer may cross threads.
final class Handle: Sendable {
    private struct Users {
        var count = 0
        var isEnding = false
    }

    private nonisolated(unsafe) let pointer: OpaquePointer
    private let free: @Sendable (OpaquePointer) -> Void
    private let users = Mutex(Users())
    /// Signalled by the last user, once no more may come.
    private let unused = DispatchSemaphore(value: 0)

    /// - Parameter free: called once, by ``destroy()``, which must be called.
    init(_ pointer: OpaquePointer, free: @escaping @Sendable (OpaquePointer) -> Void) {
        self.pointer = pointer
        self.free = free
    }

    /// Nil, and `body` is not called, once the object is destroyed or about to be. The pointer must not outlive the call.
    func use<Result, Failure: Error>(_ body: (OpaquePointer) throws(Failure) -> Result) throws(Failure) -> Result? {
        let isThere = users.withLock { users in
            if !users.isEnding { users.count += 1 }
            return !users.isEnding
        }
        guard isThere else { return nil }
        defer { giveBack() }
        return try body(pointer)
    }

    private func giveBack() {
        let isLast = users.withLock { users in
            users.count -= 1
            return users.isEnding && users.count == 0
        }
        if isLast { unused.signal() }
    }

    /// Waits for those who use the object, and destroys it. Not from within ``use(_:)``; the second call does nothing.
    func destroy() {
        let state: (isFirst: Bool, isUsed: Bool) = users.withLock { users in
            defer { users.isEnding = true }
            return (!users.isEnding, users.count > 0)
        }
        guard state.isFirst else { return }
        if state.isUsed { unused.wait() }
        free(pointer)
    }
}
