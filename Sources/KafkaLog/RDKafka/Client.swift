import CRdKafka
import EventLog
import Foundation
import Logging
import Synchronization

/// Owns a handle of librdkafka and the thread that serves its events: log lines, errors and statistics here, the others by `serve`.
///
/// Unchecked: librdkafka's handle and queues may be used from any thread; what changes here is behind `state`.
final class Client: @unchecked Sendable {
    /// What a client's owner does on its thread.
    struct Duties: Sendable {
        /// An event that is not the client's own business. It is destroyed afterwards.
        var serve: @Sendable (_ event: OpaquePointer, _ type: Int32) -> Void = { _, _ in }
        /// Called after each event, and at least every half second.
        var tick: @Sendable () -> Void = {}
        /// Called once when the client is to end, with what serves the next event, if one comes within so many milliseconds.
        var finish: @Sendable (_ serveNext: (_ milliseconds: Int32) -> Void) -> Void = { _ in }
    }

    let handle: OpaquePointer
    let kind: ClientKind
    private let queue: OpaquePointer
    private let logger: Logger
    private let redaction: Redaction
    private let statistics: KafkaMetrics
    private let isStopping = Atomic(false)
    /// Whether the queue is still there to be woken.
    private let isServing = Mutex(true)
    /// Once the handle is destroyed, which may take long.
    let destroyed = Completion()

    /// - Throws: `misconfigured` with librdkafka's reason.
    init(
        _ kind: ClientKind, settings: ClientSettings, logger: Logger, statistics: KafkaMetrics, duties: @Sendable (OpaquePointer) -> Duties
    )
        throws(LogError)
    {
        let configuration = try Configuration(kind, settings)
        handle = try configuration.makeHandle()
        self.kind = kind
        self.logger = logger
        self.statistics = statistics
        redaction = settings.redaction
        if case .member = kind {
            rd_kafka_poll_set_consumer(handle)
            queue = rd_kafka_queue_get_consumer(handle)
        } else {
            queue = rd_kafka_queue_get_main(handle)
        }
        rd_kafka_set_log_queue(handle, nil)
        let duties = duties(handle)
        let thread = Thread { [self] in run(duties) }
        thread.name = "kafka-\(kind.name)"
        thread.start()
    }

    /// The queue of events, for calls that answer there.
    var events: OpaquePointer { queue }

    /// Ends the client; the thread sees to it. Everything made of the handle must be gone, or go in the duty to finish.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        wake()
    }

    /// Has the thread tick.
    func wake() {
        isServing.withLock { if $0 { rd_kafka_queue_yield(queue) } }
    }

    private func run(_ duties: Duties) {
        while !isStopping.load(ordering: .acquiring) {
            serveNext(500, duties)
            duties.tick()
        }
        duties.finish { serveNext($0, duties) }
        statistics.forget(self)
        isServing.withLock { $0 = false }
        // The handle's logs have to be served no more: what is left of it is librdkafka's business.
        if case .member = kind {
            rd_kafka_queue_destroy(queue)
            // A group that was not left by now is not waited for.
            rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        } else {
            rd_kafka_queue_destroy(queue)
            rd_kafka_destroy(handle)
        }
        destroyed.finish()
    }

    private func serveNext(_ milliseconds: Int32, _ duties: Duties) {
        guard let event = rd_kafka_queue_poll(queue, milliseconds) else { return }
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_LOG: log(event)
        case RD_KAFKA_EVENT_ERROR: logError(event)
        case RD_KAFKA_EVENT_STATS:
            if let text = rd_kafka_event_stats(event) { statistics.update(self, with: String(cString: text)) }
        case let type: duties.serve(event, type)
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
