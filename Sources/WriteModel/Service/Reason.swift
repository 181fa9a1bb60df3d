import EventLog

/// Why something cannot be done, for two kinds of reader.
public struct Reason: Sendable {
    /// For whoever sent the request: what is wrong and what to do. Names no path, host or process.
    public let told: String
    /// For operators: all that is known.
    public let full: String

    public init(told: String, full: String) {
        self.told = told
        self.full = full
    }
}

extension Reason: ExpressibleByStringInterpolation {
    /// One that everybody may read.
    public init(stringLiteral text: String) { self.init(told: text, full: text) }

    /// An error's reason; of one that is neither the log's nor a state store's, only operators are told.
    init(_ error: any Error) {
        let told =
            switch error {
            case let error as LogError: error.explanation
            case let error as StateStoreError: error.explanation
            default: "an unexpected error, which is in the server's log"
            }
        self.init(told: told, full: "\(error)")
    }

    /// What cannot be done, before the reason.
    func preceded(by what: String) -> Reason { Reason(told: "\(what): \(told)", full: "\(what): \(full)") }
}

extension LogError {
    /// What a client is told of it.
    var explanation: String {
        switch code {
        case .unavailable: "the log cannot be reached now"
        case .timedOut: "the log did not answer in time"
        case .storage: "the log's disk is full or cannot be written; free space or mend it, and send it again"
        case .displaced:
            "the log's file was removed or replaced while it was open: put it back, or restart this instance to go on with what is there now"
        case .topicMissing, .topicExists, .partitionOutOfRange, .misconfigured: "the log is not set up as it has to be"
        case .recordTooLarge: "the record is too large for the log"
        case .truncated: "the log was truncated or recreated"
        case .corrupt: "the log holds a record that cannot be read"
        case .closed: "this instance has closed the log"
        }
    }
}

extension StateStoreError {
    /// What a client is told of it.
    var explanation: String {
        switch code {
        case .unavailable: "the state store cannot be opened, or is in use elsewhere"
        case .exhausted: "this instance has no file descriptors left to open the state store with"
        case .storage: "the state store's disk is full, or its folder or file cannot be read and written"
        case .damaged: "the state store is damaged"
        case .superseded: "the state store has been opened again since, here or by another process"
        case .displaced: "the state store's file was removed or replaced; it is opened again and brought up to date"
        case .internalError: "the state store has failed"
        }
    }
}
