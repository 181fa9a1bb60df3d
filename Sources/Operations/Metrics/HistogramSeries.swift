import CoreMetrics
import Synchronization

/// A histogram with fixed bucket boundaries, behind a lock of its own, so that a scrape sees count, sum and buckets agree.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    private struct State {
        /// Not cumulative; the last is what exceeds every bound.
        var counts: [UInt64]
        var sum: Double = 0
    }

    /// Ascending and finite; each is the largest value of its bucket.
    let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    /// NaN is ignored: it would spoil the sum for good.
    func record(_ value: Double) {
        guard !value.isNaN else { return }
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        state.withLock { state in
            state.counts[low] += 1
            state.sum += value
        }
    }

    /// In seconds, Prometheus's base unit.
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func render(family: String, labels: String, into text: inout String) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        let separator = labels.isEmpty ? "" : ","
        var cumulative: UInt64 = 0
        for (index, count) in counts.enumerated() {
            cumulative += count
            let bound = index < bounds.count ? Exposition.number(bounds[index]) : "+Inf"
            Exposition.append("\(family)_bucket", "\(labels)\(separator)le=\"\(bound)\"", "\(cumulative)", to: &text)
        }
        Exposition.append("\(family)_sum", labels, Exposition.number(sum), to: &text)
        Exposition.append("\(family)_count", labels, "\(cumulative)", to: &text)
    }
}
