import CoreMetrics
import Synchronization

/// A counter: an atomic integer, and an atomic fraction for those who count by fractions. Never goes down; a negative increment is ignored.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    private let whole = Atomic<Int64>(0)
    private let fraction = AtomicDouble()

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        whole.wrappingAdd(amount, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        fraction.add(amount)
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.value = 0
    }

    func render(family: String, labels: String, into text: inout String) {
        let fraction = fraction.value
        let whole = whole.load(ordering: .relaxed)
        Exposition.append(family, labels, fraction == 0 ? "\(whole)" : Exposition.number(Double(whole) + fraction), to: &text)
    }
}
