import Synchronization
public import UnixSignals

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// SIGTERM, SIGINT (Ctrl-C) and SIGHUP (the terminal is closed): the ways to tell a process to stop.
///
/// A process takes them from its first instruction on (``install()``), and from then on they end nothing by themselves: what they do is set
/// by ``respond(_:)`` and ``cancelling(_:)``. A signal that comes before anything is set is kept for what is set first.
public final class TerminationSignals: Sendable {
    /// The process's own.
    public static let process = TerminationSignals()

    private typealias Response = @Sendable (UnixSignal) -> Void

    private struct State {
        var first: UnixSignal?
        var response: Response?
    }

    private let state = Mutex(State())

    init() {}

    /// Takes the signals from now on. To be called first of all, before there are threads, and once.
    ///
    /// A SIGHUP that the process was started to ignore, as by nohup(1), stays ignored.
    public func install() {
        guard SignalPipe.open() else { return }
        for signal in [UnixSignal.sigterm, .sigint, .sighup] where signal != .sighup || !SignalPipe.isIgnored(signal) {
            SignalPipe.take(signal)
        }
        let isStarted = SystemThread.start { [self] in
            while let number = SignalPipe.next() {
                if let signal = [UnixSignal.sigterm, .sigint, .sighup].first(where: { $0.rawValue == number }) { receive(signal) }
            }
        }
        // Without a thread to hear them they end the process, as they do by default.
        if !isStarted { for signal in [UnixSignal.sigterm, .sigint, .sighup] { SignalPipe.leave(signal) } }
    }

    /// Sets what each signal does from now on. Where one has come before, the first does it at once.
    public func respond(_ response: @escaping @Sendable (UnixSignal) -> Void) {
        let first = state.withLock { state in
            state.response = response
            return state.first
        }
        if let first { response(first) }
    }

    /// Runs `work` and cancels it when a signal comes, or has come before. A second signal ends the process at once, with status 1. Afterwards
    /// a signal does what it did before.
    ///
    /// - Throws: ``Interrupted`` where a signal came and the work failed; else what the work throws. Work that ends well all the same has ended
    ///   well.
    public func cancelling<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let task = Task { try await work() }
        let before = state.withLock { $0.response }
        respond { _ in
            if task.isCancelled { endProcess(1, at: .once) }
            task.cancel()
        }
        defer { state.withLock { $0.response = before } }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            if let signal = state.withLock({ $0.first }) { throw Interrupted(signal: signal) }
            throw error
        }
    }

    func receive(_ signal: UnixSignal) {
        let response = state.withLock { state in
            if state.first == nil { state.first = signal }
            return state.response
        }
        response?(signal)
    }
}

/// Work was stopped by a signal.
public struct Interrupted: Error, CustomStringConvertible {
    let signal: UnixSignal

    public var description: String { "stopped by \(signal)" }
}

/// Brings signals to a thread: a handler may do next to nothing, and writes the signal's number into a pipe.
private enum SignalPipe {
    /// Set before any handler is.
    private nonisolated(unsafe) static var readEnd: Int32 = -1
    private nonisolated(unsafe) static var writeEnd: Int32 = -1

    /// False where the process has no descriptors for it.
    static func open() -> Bool {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A handler never waits; a pipe full of signals says enough.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        (readEnd, writeEnd) = (ends[0], ends[1])
        return true
    }

    static func isIgnored(_ number: UnixSignal) -> Bool {
        var action = sigaction()
        guard sigaction(number.rawValue, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
        let handler = unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self)
        #else
        let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        #endif
        return handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    static func take(_ number: UnixSignal) {
        signal(number.rawValue) { number in
            // What it interrupts may be about to read it.
            let interrupted = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(SignalPipe.writeEnd, &byte, 1)
            errno = interrupted
        }
    }

    static func leave(_ number: UnixSignal) { signal(number.rawValue, SIG_DFL) }

    /// Waits for a signal.
    static func next() -> Int32? {
        var byte: UInt8 = 0
        while true {
            let count = read(readEnd, &byte, 1)
            if count == 1 { return Int32(byte) }
            if count == 0 || errno != EINTR { return nil }
        }
    }
}
