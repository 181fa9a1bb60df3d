import CRdKafka
import EventLog

extension LogError {
    /// What an error of librdkafka means. `detail` is its own words, where it has more than the code's.
    init(_ error: rd_kafka_resp_err_t, _ action: String, detail: String? = nil) {
        let words = detail ?? String(cString: rd_kafka_err2str(error))
        let underlying = BrokerError(name: String(cString: rd_kafka_err2name(error)), reason: words)
        switch error {
        case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
            self.init(.timedOut, "\(action): Kafka did not answer in time", underlying: underlying)
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE:
            self.init(.unavailable, "\(action): Kafka cannot be reached", underlying: underlying)
        case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
            // As while a cluster starts.
            self.init(.unavailable, "\(action): Kafka has fewer brokers now than the topic is to have replicas", underlying: underlying)
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            self.init(.topicMissing, "\(action): there is no such topic; create it first", underlying: underlying)
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            self.init(.partitionOutOfRange, "\(action): the topic has no such partition", underlying: underlying)
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
            self.init(
                .recordTooLarge,
                "\(action): the record is larger than Kafka takes; raise the topic's max.message.bytes, or make it smaller",
                underlying: underlying)
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            self.init(
                .truncated,
                "\(action): Kafka does not hold that offset any more: the log was truncated or recreated; restore it, or rebuild what was "
                    + "derived from it", underlying: underlying)
        case RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION, RD_KAFKA_RESP_ERR_INVALID_MSG:
            self.init(.corrupt, "\(action): a record is damaged", underlying: underlying)
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
            self.init(.topicExists, "\(action): it exists already", underlying: underlying)
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
            self.init(.misconfigured, "\(action): Kafka does not allow it; give this user the right", underlying: underlying)
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR__SSL,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
            self.init(
                .misconfigured, "\(action): Kafka does not accept these credentials; check the ssl and sasl settings",
                underlying: underlying)
        case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_INVALID_PARTITIONS,
            RD_KAFKA_RESP_ERR_INVALID_CONFIG, RD_KAFKA_RESP_ERR_POLICY_VIOLATION, RD_KAFKA_RESP_ERR_INVALID_REQUEST,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR__INVALID_ARG:
            self.init(.misconfigured, "\(action): Kafka refuses it", underlying: underlying)
        case RD_KAFKA_RESP_ERR__DESTROY:
            self.init(.closed, "\(action): the log was closed", underlying: underlying)
        default:
            self.init(.unavailable, "\(action): Kafka cannot do it now", underlying: underlying)
        }
    }
}
