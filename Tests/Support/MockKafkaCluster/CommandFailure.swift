import CRdKafka

struct CommandFailure: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    init(_ error: rd_kafka_resp_err_t) { reason = String(cString: rd_kafka_err2str(error)) }
}
