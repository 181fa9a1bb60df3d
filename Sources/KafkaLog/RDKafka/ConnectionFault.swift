import CRdKafka

/// Why a client of librdkafka could not connect to a broker. A question that fails for want of a connection tells that there is none, and this
/// tells why.
struct ConnectionFault: Sendable {
    /// A failed attempt is followed by others within seconds. A fault that is older is no reason any more.
    private static let lifetime = Duration.seconds(30)

    private let words: String
    private let at: ContinuousClock.Instant
    /// Whether a broker, or TLS, does not accept this client's credentials. Librdkafka says so too of a broker that hangs up during the handshake.
    private let isRejection: Bool

    /// - Parameter words: librdkafka's, without secrets.
    /// - Returns: nil for a fault of another kind.
    init?(_ error: rd_kafka_resp_err_t, _ words: String) {
        switch error {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL: isRejection = true
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE: isRejection = false
        default: return nil
        }
        self.words = words
        at = .now
    }

    /// What a question's error means, where it only says that there is no connection.
    func explanation(of error: rd_kafka_resp_err_t) -> String? {
        guard .now - at < Self.lifetime else { return nil }
        switch error {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: break
        case RD_KAFKA_RESP_ERR__TIMED_OUT where isRejection: break
        default: return nil
        }
        return isRejection
            ? "no broker lets this client in: \(words); check the ssl and sasl settings" : "Kafka cannot be reached: \(words)"
    }
}
