import Metrics

/// What a pool tells of itself.
struct PoolMetrics: Sendable {
    let connections: Gauge
    let waiting: Gauge
    let connects: Counter
    let failures: Counter

    init(database: String) {
        let dimensions = [("database", database)]
        connections = Gauge(label: "highwater_postgres_connections", dimensions: dimensions)
        waiting = Gauge(label: "highwater_postgres_waiting", dimensions: dimensions)
        connects = Counter(label: "highwater_postgres_connects_total", dimensions: dimensions)
        failures = Counter(label: "highwater_postgres_connect_failures_total", dimensions: dimensions)
    }
}
