import CRdKafka
import EventLog
import Foundation
import Logging
import Synchronization

/// A client of librdkafka and the thread that serves its events: log lines, errors and statistics here, the others by its duties.
final class Client: Sendable {
    /// What a client's owner does on its thread.
    struct Duties: Sendable {
        /// An event that is not the client's own business. It is destroyed afterwards.
        var serve: @Sendable (_ client: OpaquePointer, _ event: OpaquePointer, _ type: Int32) -> Void = { _, _, _ in }
        /// Called after each event, and at least every half second.
        var tick: @Sendable (_ client: OpaquePointer) -> Void = { _ in }
        /// Called once when the client is to end, with what serves the next event, if one comes within so many milliseconds.
        var finish: @Sendable (_ client: OpaquePointer, _ serveNext: (_ milliseconds: Int32) -> Void) -> Void = { _, _ in }
    }

    let kind: ClientKind
    private let handle: Handle
    /// Of events.
    private let queue: Handle
    private let logger: Logger
    private let redaction: Redaction
    private let statistics: KafkaMetrics
    private let isStopping = Atomic(false)
    /// Why the newest attempt to connect failed.
    private let connectionFault = Mutex<ConnectionFault?>(nil)
    /// Once the handle is destroyed, which may take long.
    let destroyed = Completion()

    /// - Throws: `misconfigured` with librdkafka's reason.
    init(
        _ kind: ClientKind, settings: ClientSettings, logger: Logger, statistics: KafkaMetrics, duties: Duties = Duties()
    ) throws(LogError) {
        let configuration = try Configuration(kind, settings)
        (handle, queue) = try configuration.makeClient()
        self.kind = kind
        self.logger = logger
        self.statistics = statistics
        redaction = settings.redaction
        let thread = Thread { [self] in run(duties) }
        thread.name = "kafka-\(kind.name)"
        thread.start()
    }

    /// Calls `body` with librdkafka's handle, which stays there for the length of the call.
    ///
    /// - Parameter action: what cannot be done once the client has ended: "cannot read ordering/7".
    /// - Throws: `closed` once the client has ended, and what `body` throws.
    func use<Result>(_ action: String, _ body: (OpaquePointer) throws(LogError) -> Result) throws(LogError) -> Result {
        guard let result = try handle.use(body) else { throw LogError(.closed, "\(action): the log was closed") }
        return result
    }

    /// What an error of librdkafka means, with its own words where it has some; secrets are hidden.
    func error(_ error: rd_kafka_resp_err_t, _ action: String, words: UnsafePointer<CChar>? = nil) -> LogError {
        if let fault = connectionFault.withLock({ $0 }), let told = fault.explanation(of: error) {
            return LogError(.unavailable, "\(action): \(told)", underlying: LogError(error, action).underlying)
        }
        return LogError(error, action, detail: words.map { redaction(String(cString: $0)) })
    }

    /// Ends the client; the thread sees to it. Everything made of the handle must be gone, or go in the duty to finish.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        wake()
    }

    /// Has the thread tick.
    func wake() { queue.use { rd_kafka_queue_yield($0) } }

    private func run(_ duties: Duties) {
        while !isStopping.load(ordering: .acquiring) {
            serveNext(500, duties)
            handle.use { duties.tick($0) }
        }
        handle.use { duties.finish($0) { serveNext($0, duties) } }
        statistics.forget(self)
        // Its logs have to be served no more: what is left of it is librdkafka's business.
        queue.destroy()
        handle.destroy()
        destroyed.finish()
    }

    private func serveNext(_ milliseconds: Int32, _ duties: Duties) {
        guard let event = queue.use({ rd_kafka_queue_poll($0, milliseconds) }) ?? nil else { return }
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_LOG: log(event)
        case RD_KAFKA_EVENT_ERROR: logError(event)
        case RD_KAFKA_EVENT_STATS:
            if let text = rd_kafka_event_stats(event) { statistics.update(self, with: String(cString: text)) }
        case let type: handle.use { duties.serve($0, event, type) }
        }
    }

    private func log(_ event: OpaquePointer) {
        var facility: UnsafePointer<CChar>?
        var text: UnsafePointer<CChar>?
        var severity: CInt = 0
        guard rd_kafka_event_log(event, &facility, &text, &severity) == 0, let text else { return }
        let name = facility.map { String(cString: $0) } ?? ""
        // Warnings of settings that are meant for another kind of client: the user's are given to all.
        let level: Logger.Level = name == "CONFWARN" ? .debug : Self.level(severity)
        logger.log(level: level, "\(redaction(String(cString: text)))", metadata: ["facility": "\(name)", "client": "\(kind.name)"])
    }

    private func logError(_ event: OpaquePointer) {
        let error = rd_kafka_event_error(event)
        let words = rd_kafka_event_error_string(event).map { redaction(String(cString: $0)) } ?? ""
        statistics.countError(kind)
        if let fault = ConnectionFault(error, words) { connectionFault.withLock { $0 = fault } }
        let isFatal = error == RD_KAFKA_RESP_ERR__FATAL
        logger.log(
            level: isFatal ? .error : .warning, "Kafka client error: \(words)",
            metadata: ["client": "\(kind.name)", "error": "\(String(cString: rd_kafka_err2name(error)))"])
    }

    /// Syslog's severities.
    private static func level(_ severity: CInt) -> Logger.Level {
        switch severity {
        case ...2: .critical
        case 3: .error
        case 4: .warning
        case 5: .notice
        case 6: .info
        default: .debug
        }
    }
}
