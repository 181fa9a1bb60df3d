import InMemoryTracing
import Logging
import Synchronization
import Tracing

/// What was logged, as text, with the trace that it belongs to.
final class RecordingLog: Sendable {
    private let recorded = Mutex<[String]>([])

    var lines: [String] { recorded.withLock { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(log: self) }
    }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let trace = InstrumentationContext.current?.inMemorySpanContext.map { " in \($0.traceID)" } ?? ""
            log.recorded.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])\(trace)") }
        }
    }
}
