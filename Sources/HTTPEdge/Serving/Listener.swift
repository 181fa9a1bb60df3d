import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The listening socket, and how it ends: without losing a connection that a client believes to have.
///
/// The kernel makes connections by itself, and resets those that nobody has accepted when the socket is closed: their clients cannot tell
/// whether a request took effect. So first of all no more are begun: the kernel is told to drop the packets that ask for one. Whoever asks
/// now asks again after a second, and is refused as the server is closed by then, or let in by another. What has been begun is accepted,
/// and then the socket is closed. Where a system has no such filter the socket is just closed.
final class Listener: Service, CustomStringConvertible {
    private let channel = Mutex<(any Channel)?>(nil)
    /// For how long a connection may be begun and not made: a round trip to the client. Those that are asked for meanwhile wait a second.
    private let roundTrip: Duration
    private let limit: Duration
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let onClose: @Sendable () -> Void

    var description: String { "listener" }

    /// - Parameters:
    ///   - limit: the socket is closed after this time, accepted or not.
    ///   - onClose: called in the moment in which the socket is closed.
    init(
        roundTrip: Duration, limit: Duration, clock: any Clock<Duration>, logger: Logger, onClose: @escaping @Sendable () -> Void
    ) {
        self.roundTrip = roundTrip
        self.limit = limit
        self.clock = clock
        self.logger = logger
        self.onClose = onClose
    }

    func begin(_ channel: any Channel) async {
        self.channel.withLock { $0 = channel }
        // It may have been closed already.
        try? await channel.eventLoop.submit { [onClose] in
            try channel.pipeline.syncOperations.addHandler(CloseObserver(onClose: onClose))
        }.get()
    }

    /// Stands before the server in the order of shutdown: returns when it may close the socket.
    func run() async throws {
        // Cancelled instead of asked: there is no time for it.
        try? await gracefulShutdown()
        guard !Task.isCancelled, let channel = channel.withLock({ $0 }) else { return }
        #if os(Linux)
        do {
            try await channel.dropConnectionRequests()
            let elapsed = clock.stopwatch()
            try await clock.sleep(for: roundTrip)
            while try await channel.unaccepted() > 0, elapsed() < limit { try await clock.sleep(for: .milliseconds(1)) }
        } catch is CancellationError {
        } catch {
            logger.debug("connections are accepted until listening ends; some may be reset", metadata: ["reason": "\(error)"])
        }
        #endif
    }
}

private final class CloseObserver: ChannelOutboundHandler {
    typealias OutboundIn = Never

    private let onClose: @Sendable () -> Void

    init(onClose: @escaping @Sendable () -> Void) { self.onClose = onClose }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        onClose()
        context.close(mode: mode, promise: promise)
    }
}

#if os(Linux)
extension Channel {
    private var socketOptions: any SocketOptionProvider {
        get throws {
            guard let options = self as? any SocketOptionProvider else { throw ChannelError.operationUnsupported }
            return options
        }
    }

    /// Has the kernel drop every packet that asks for a connection (SYN without ACK), and no other.
    fileprivate func dropConnectionRequests() async throws {
        try await socketOptions.unsafeSetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_ATTACH_FILTER), value: SocketFilter.connectionRequests
        ).get()
    }

    /// How many connections the kernel has made that have not been accepted.
    fileprivate func unaccepted() async throws -> Int {
        // Of a listening socket, `tcpi_unacked` is the length of that queue (tcp_diag(7)'s `idiag_rqueue`).
        try await socketOptions.getTCPInfo().map { Int($0.tcpi_unacked) }.get()
    }
}

/// The kernel's `struct sock_fprog`: a program of the classic packet filter.
private struct SocketFilter: Sendable {
    let count: UInt16
    let instructions: UInt

    /// Is given a segment from its TCP header on; byte 13 holds the flags.
    static let connectionRequests = SocketFilter([
        Instruction(code: 0x30, onTrue: 0, onFalse: 0, operand: 13),  // load the byte
        Instruction(code: 0x54, onTrue: 0, onFalse: 0, operand: 0x12),  // keep SYN and ACK
        Instruction(code: 0x15, onTrue: 0, onFalse: 1, operand: 0x02),  // SYN alone?
        Instruction(code: 0x06, onTrue: 0, onFalse: 0, operand: 0),  // drop it
        Instruction(code: 0x06, onTrue: 0, onFalse: 0, operand: .max),  // let it pass
    ])

    private struct Instruction {
        let code: UInt16
        let onTrue: UInt8
        let onFalse: UInt8
        let operand: UInt32
    }

    private init(_ program: [Instruction]) {
        // For as long as the process runs.
        let memory = UnsafeMutableBufferPointer<Instruction>.allocate(capacity: program.count)
        _ = memory.initialize(from: program)
        count = UInt16(program.count)
        instructions = UInt(bitPattern: memory.baseAddress)
    }
}
#endif
