import CoreMetrics

/// A gauge: the last value, whether set by a meter or by a recorder that does not aggregate.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let current = AtomicDouble()

    func set(_ value: Int64) { current.value = Double(value) }
    func set(_ value: Double) { current.value = value }
    func increment(by amount: Double) { current.add(amount) }
    func decrement(by amount: Double) { current.add(-amount) }
    func record(_ value: Int64) { current.value = Double(value) }
    func record(_ value: Double) { current.value = value }

    func render(family: String, labels: String, into text: inout String) {
        Exposition.append(family, labels, Exposition.number(current.value), to: &text)
    }
}
