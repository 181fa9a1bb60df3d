import Logging
import Synchronization

/// A logger whose messages can be awaited.
final class NoticeRecorder: Sendable {
    private let messages = Mutex<[String]>([])
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    var logger: Logger {
        var logger = Logger(label: "test") { [self] _ in Handler(recorder: self) }
        logger.logLevel = .trace
        return logger
    }

    var all: [String] { messages.withLock { $0 } }

    /// Waits for a message with `text` in it, after those waited for before.
    func wait(for text: String) async {
        for await message in stream where message.contains(text) { return }
    }

    private func record(_ message: String) {
        messages.withLock { $0.append(message) }
        continuation.yield(message)
    }

    private struct Handler: LogHandler {
        let recorder: NoticeRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { recorder.record("\(event.level): \(event.message) \(event.metadata ?? [:])") }
    }
}
