import NIOCore

/// Holds the body of the request that is being answered until its responder wants it.
///
/// So a request that is refused by its head is answered at once, `100 Continue` is sent where the body will be read and not else, and no body
/// is read for which there is no memory.
struct BodyGate: Sendable {
    /// There was no memory for the body in time. Nothing of it was read.
    struct Closed: Error {}

    /// What the responder says to its connection's handler.
    struct Wanted: Sendable {}

    /// The gate of the connection whose request is being answered; nil where there is no connection.
    @TaskLocal static var current: BodyGate?

    let channel: any Channel

    /// Returns once the body may come.
    ///
    /// - Throws: ``Closed``; another error where the connection has ended.
    func open() async throws { try await channel.triggerUserOutboundEvent(Wanted()).get() }
}
