public import Logging
import Tracing

/// Writes each log event as one JSON object on one line:
///
/// ```json
/// {"time":"2026-01-02T03:04:05.678901Z","level":"info","logger":"commerce","message":"started","port":"8080","trace_id":"…","span_id":"…"}
/// ```
/// Metadata become members of the object, by name; those of a nested dictionary are `outer.inner`, lists are arrays of strings or
/// objects. A metadata key that is one of the object's own members is written `metadata.<key>`, so that no member is there twice.
/// The trace ids are those of the current context's ``TraceContext``, and absent without one.
public struct JSONLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let output: any LogOutput
    private let now: @Sendable () -> Int64

    private static let ownMembers: Set<String> = ["time", "level", "logger", "message", "error", "trace_id", "span_id"]

    /// - Parameters:
    ///   - label: names the logger.
    ///   - now: microseconds since 1970.
    public init(
        label: String, level: Logger.Level = .info, metadataProvider: Logger.MetadataProvider? = nil,
        output: any LogOutput = BufferedOutput.standardError, now: @escaping @Sendable () -> Int64 = JSONLogHandler.systemMicroseconds
    ) {
        self.label = label
        self.logLevel = level
        self.metadataProvider = metadataProvider
        self.output = output
        self.now = now
    }

    /// Makes every logger of this process log JSON to standard error. Once a process, before the first logger is made.
    public static func bootstrap(level: Logger.Level) {
        LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level) }
    }

    /// The system's clock: microseconds since 1970.
    public static func systemMicroseconds() -> Int64 { Int64(DefaultTracerClock.now.nanosecondsSinceEpoch / 1000) }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var buffer = JSONBuffer(capacity: 512)
        buffer.beginObject()
        buffer.member("time", RFC3339.text(microseconds: now()))
        buffer.member("level", event.level.rawValue)
        buffer.member("logger", label)
        buffer.member("message", event.message.description)
        if let error = event.error { buffer.member("error", "\(error)") }
        if let trace = InstrumentationContext.current?.traceContext {
            buffer.member("trace_id", trace.traceID.description)
            buffer.member("span_id", trace.spanID.description)
        }
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if !all.isEmpty {
            var members: [String: Logger.Metadata.Value] = [:]
            Self.flatten(all, prefix: "", into: &members)
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                buffer.key(key)
                Self.append(value, to: &buffer)
            }
        }
        buffer.endObject()
        buffer.endLine()
        output.write(buffer.bytes)
    }

    private static func flatten(_ metadata: Logger.Metadata, prefix: String, into members: inout [String: Logger.Metadata.Value]) {
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            let name = prefix + key
            if case .dictionary(let inner) = value, !inner.isEmpty {
                flatten(inner, prefix: name + ".", into: &members)
            } else {
                var member = ownMembers.contains(name) ? "metadata.\(name)" : name
                while members[member] != nil { member += "_" }
                members[member] = value
            }
        }
    }

    private static func append(_ value: Logger.Metadata.Value, to buffer: inout JSONBuffer) {
        switch value {
        case .string(let text): buffer.value(text)
        case .stringConvertible(let convertible): buffer.value(convertible.description)
        case .array(let values):
            buffer.beginArray()
            for value in values { append(value, to: &buffer) }
            buffer.endArray()
        case .dictionary(let members):
            buffer.beginObject()
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                buffer.key(key)
                append(value, to: &buffer)
            }
            buffer.endObject()
        }
    }
}
