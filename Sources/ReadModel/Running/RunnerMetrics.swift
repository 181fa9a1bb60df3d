import EventLog
import Metrics

/// A runner's counters and gauges, with dimensions `projection` and `store`.
struct RunnerMetrics: Sendable {
    let events: Counter
    let batches: Counter
    let fenced: Counter
    let voids: Counter
    let faults: Counter
    let lagRecords: Gauge
    let lagSeconds: Gauge

    init(projection: String, store: String) {
        let dimensions = [("projection", projection), ("store", store)]
        events = Counter(label: "highwater_projection_events_total", dimensions: dimensions)
        batches = Counter(label: "highwater_projection_batches_total", dimensions: dimensions)
        fenced = Counter(label: "highwater_projection_fenced_batches_total", dimensions: dimensions)
        voids = Counter(label: "highwater_projection_void_records_total", dimensions: dimensions)
        faults = Counter(label: "highwater_projection_faults_total", dimensions: dimensions)
        lagRecords = Gauge(label: "highwater_projection_lag_records", dimensions: dimensions)
        lagSeconds = Gauge(label: "highwater_projection_lag_seconds", dimensions: dimensions)
    }
}
