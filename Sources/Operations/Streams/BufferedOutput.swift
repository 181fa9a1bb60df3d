import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Takes lines without waiting for their reader: a thread writes them, in order and each whole, while the process goes on.
///
/// A reader that stalls costs lines and no time: what does not fit into the buffer is dropped and counted, and a line tells how many are
/// missing as soon as the reader takes some again. A line that cannot be written, as on a full disk, is missing as well.
/// ``flush(within:)`` is due before the process ends.
public final class BufferedOutput: LogOutput {
    /// The process's log, messages and progress.
    public static let standardError = BufferedOutput(DescriptorWriter(STDERR_FILENO))

    private struct State {
        var pending: PendingLines
        var thread = Thread.none
        /// Signalled when nothing is left to write.
        var flushes: [DispatchSemaphore] = []
    }

    private enum Thread {
        case none
        case writing
        case waiting
        /// The system has no thread for it; callers write by themselves.
        case impossible
    }

    /// PIPE_BUF on Linux: what is written at once up to here is not mixed with what other processes write to the same pipe.
    private static let atomicBytes = 4096

    private let writer: DescriptorWriter
    private let state: Mutex<State>
    private let work = DispatchSemaphore(value: 0)
    /// Held by callers that write by themselves.
    private let writing = Mutex<Void>(())

    /// It and its thread last as long as the process.
    ///
    /// - Parameters:
    ///   - capacity: how many bytes may wait for the reader.
    ///   - notice: the line that tells how many are missing, its end included.
    package init(
        _ writer: DescriptorWriter, capacity: Int = 1 << 20,
        notice: @escaping @Sendable (_ missing: Int) -> [UInt8] = BufferedOutput.notice
    ) {
        self.writer = writer
        state = Mutex(State(pending: PendingLines(capacity: capacity, notice: notice)))
    }

    /// How many lines were dropped, or could not be written.
    public var droppedLines: Int { state.withLock { $0.pending.dropped } }

    public func write(_ line: [UInt8]) {
        enum Next { case none, wake, start, writeHere }
        let next: Next = state.withLock { state in
            guard state.pending.add(line) else { return .none }
            switch state.thread {
            case .writing: return .none
            case .waiting:
                state.thread = .writing
                return .wake
            case .none:
                state.thread = .writing
                return .start
            case .impossible: return .writeHere
            }
        }
        switch next {
        case .none: break
        case .wake: work.signal()
        case .start: start()
        case .writeHere: writing.withLock { _ in writePending() }
        }
    }

    /// Returns when nothing waits to be written, or after `patience`. Blocks.
    ///
    /// - Returns: whether everything was written.
    @discardableResult
    public func flush(within patience: Duration) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let isWriting = state.withLock { state in
            guard state.thread == .writing else { return false }
            state.flushes.append(done)
            return true
        }
        let (seconds, attoseconds) = patience.components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        return !isWriting || done.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success
    }

    /// A log line that tells of missing ones.
    package static let notice: @Sendable (_ missing: Int) -> [UInt8] = { missing in
        var buffer = JSONBuffer()
        buffer.beginObject()
        buffer.member("time", RFC3339.text(microseconds: JSONLogHandler.systemMicroseconds()))
        buffer.member("level", "warning")
        buffer.member("logger", "highwater")
        buffer.member("message", "lines are missing here: standard error was not read fast enough, or could not be written")
        buffer.member("lines", "\(missing)")
        buffer.endObject()
        buffer.endLine()
        return buffer.bytes
    }

    private func start() {
        let isStarted = SystemThread.start { [self] in
            while true {
                writePending()
                work.wait()
            }
        }
        guard !isStarted else { return }
        state.withLock { $0.thread = .impossible }
        writing.withLock { _ in writePending() }
    }

    /// Writes all that waits.
    private func writePending() {
        while let chunk = next() {
            do {
                try writer.write(chunk.bytes)
            } catch {
                // There is nowhere to tell that now.
                state.withLock { $0.pending.lose(chunk) }
            }
        }
    }

    private func next() -> PendingLines.Chunk? {
        state.withLock { state in
            if let chunk = state.pending.take(upTo: Self.atomicBytes) { return chunk }
            if state.thread == .writing { state.thread = .waiting }
            for flush in state.flushes { flush.signal() }
            state.flushes = []
            return nil
        }
    }
}
