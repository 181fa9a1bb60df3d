import Operations

extension MetricsRegistry {
    /// Says what each metric of Highwater means: the HELP line of the exposition. A metric that a target adds gets its line here.
    func describeAll() {
        for (label, help) in Self.descriptions { describe(label, help) }
    }

    private static let descriptions: [(label: String, help: String)] = [
        // HTTPEdge
        ("highwater_http_requests_total", "HTTP requests answered, by method, route and status."),
        ("highwater_http_request_duration_seconds", "Time from a request's head to its answer, by method and route."),
        ("highwater_http_connections", "Connections that are open."),
        ("highwater_http_connections_refused_total", "Connections that were told that there is no room for them, or closed unheard."),
        ("highwater_http_connections_evicted_total", "Connections without a request that were closed to make room for others."),
        ("highwater_http_body_bytes", "Memory that the bodies of requests under way have taken."),
        ("highwater_forwarded_requests_total", "Requests passed on to the instance that owns the partition."),
        ("highwater_misdirected_requests_total", "Requests that came from another instance for a partition that this one does not own."),
        // WriteModel
        ("highwater_claims_total", "Claims appended to take over a partition."),
        ("highwater_recoveries_total", "Claims appended because the outcome of a commit was unknown."),
        ("highwater_void_records_total", "Records that the chain rule skips, as the partition's owner read them."),
        ("highwater_unanswered_commands", "Commands that wait for their outcome in the partition now."),
        ("highwater_commits_total", "Commits acknowledged. A repeat of a command adds none."),
        ("highwater_events_total", "Events in acknowledged commits."),
        ("highwater_command_seconds", "Time from a command's arrival at its partition to its outcome."),
        ("highwater_commands_total", "Commands by outcome."),
        // ReadModel
        ("highwater_projection_events_total", "Events that a projection has folded."),
        ("highwater_projection_batches_total", "Batches that a projection has written, each with its position in one transaction."),
        ("highwater_projection_fenced_batches_total", "Batches rolled back because another projector had moved the position."),
        ("highwater_projection_void_records_total", "Records that the chain rule skips, as a projector read them."),
        ("highwater_projection_faults_total", "Faults after which a projector began again: of the log, of the store, or of an event."),
        (
            "highwater_projection_lag_records",
            "Records of all partitions that the read model has not applied yet; every worker tells the whole."
        ),
        ("highwater_projection_lag_seconds", "Age of the oldest record that the read model has not applied yet."),
        // PostgresReadModel
        ("highwater_postgres_connections", "Connections to PostgreSQL that are open."),
        ("highwater_postgres_waiting", "Requests that wait for a connection to PostgreSQL."),
        ("highwater_postgres_connects_total", "Connections to PostgreSQL that were made."),
        ("highwater_postgres_connect_failures_total", "Connections to PostgreSQL that could not be made."),
        // KafkaLog: librdkafka's statistics
        ("highwater_kafka_clients", "librdkafka clients, by kind."),
        ("highwater_kafka_errors_total", "Errors that librdkafka has reported, by kind of client."),
        ("highwater_kafka_sent_bytes_total", "Bytes sent to brokers."),
        ("highwater_kafka_received_bytes_total", "Bytes received from brokers."),
        ("highwater_kafka_requests_total", "Requests sent to brokers."),
        ("highwater_kafka_responses_total", "Responses received from brokers."),
        ("highwater_kafka_request_errors_total", "Requests to brokers that failed in sending or receiving."),
        ("highwater_kafka_request_timeouts_total", "Requests to brokers that were not answered in time."),
        ("highwater_kafka_queued_records", "Records that wait in a producer."),
        ("highwater_kafka_queued_bytes", "Bytes of the records that wait in a producer."),
        ("highwater_kafka_outbuf_requests", "Requests that wait to be sent, by broker."),
        ("highwater_kafka_inflight_requests", "Requests that wait for their response, by broker."),
        ("highwater_kafka_broker_rtt_seconds", "Mean round trip time to a broker in the last interval of statistics."),
        (
            "highwater_kafka_broker_rtt_p99_seconds",
            "99th percentile of the round trip time to a broker in the last interval of statistics."
        ),
        ("highwater_kafka_fetch_queue_bytes", "Bytes fetched and not read yet, by partition."),
        ("highwater_kafka_consumer_lag", "Records between a reader and its partition's end."),
    ]
}
