/// What is used of librdkafka's statistics (STATISTICS.md).
struct ClientStatistics: Decodable {
    struct Broker: Decodable {
        struct Window: Decodable {
            /// Microseconds.
            let avg: Int64
            let p99: Int64
            let cnt: Int64
        }

        let nodename: String
        let nodeid: Int
        let outbuf_msg_cnt: Int
        let waitresp_cnt: Int
        let txerrs: Int64
        let rxerrs: Int64
        let req_timeouts: Int64
        let rtt: Window?
    }

    struct Topic: Decodable {
        struct Partition: Decodable {
            let partition: Int
            let fetchq_size: Int64
            /// One past the record that was taken last; below 0 before the first.
            let app_offset: Int64
            /// The partition's end, as the newest fetch told it.
            let hi_offset: Int64
        }

        let topic: String
        let partitions: [String: Partition]
    }

    /// Records and bytes in the producer's queues.
    let msg_cnt: Int?
    let msg_size: Int?
    let tx_bytes: Int64
    let rx_bytes: Int64
    let tx: Int64
    let rx: Int64
    let brokers: [String: Broker]
    let topics: [String: Topic]
}
