import CLibPQ
import Logging

/// The server's notices and warnings in the program's log.
final class NoticeLogger {
    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    /// Must outlive the connection.
    func attach(to connection: OpaquePointer) {
        _ = PQsetNoticeReceiver(
            connection,
            { argument, result in
                guard let argument, let result else { return }
                Unmanaged<NoticeLogger>.fromOpaque(argument).takeUnretainedValue().log(result)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func log(_ result: OpaquePointer) {
        func field(_ code: UInt8) -> String? { PQresultErrorField(result, Int32(code)).map { String(cString: $0) } }
        let message = field(UInt8(ascii: "M")) ?? String(cString: PQresultErrorMessage(result)).trimmedLines
        var metadata: Logger.Metadata = [:]
        if let state = field(UInt8(ascii: "C")) { metadata["sqlstate"] = "\(state)" }
        // The severity in English, whatever the server's language.
        let severity = field(UInt8(ascii: "V"))
        metadata["severity"] = severity.map { "\($0)" }
        let level: Logger.Level =
            switch severity {
            case "WARNING", "ERROR", "FATAL", "PANIC": .warning
            case "NOTICE": .debug
            default: .trace
            }
        logger.log(level: level, "PostgreSQL: \(message)", metadata: metadata)
    }
}
