public import CoreMetrics
import Synchronization

/// Keeps this process's metrics and renders them as Prometheus's text exposition format, version 0.0.4.
///
/// A `MetricsFactory`: `MetricsSystem.bootstrap(registry)` makes every `Counter`, `Gauge`, `Meter`, `Timer` and `Recorder` of swift-metrics
/// land here. Labels become names (`highwater.commands` → `highwater_commands_total`): a counter ends in `_total`, a timer is a histogram
/// in seconds and ends in `_seconds`, a recorder is a histogram, one that does not aggregate is a gauge. The same label and
/// dimensions always mean the same series. Where a name is taken by another kind, `_<kind>` is appended.
///
/// Recording takes no lock but a histogram's own; the registry's lock is held to make a series and to list them.
public final class MetricsRegistry: MetricsFactory {
    /// Of the body that ``render()`` makes.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// Of timers, in seconds.
    public static let defaultTimerBuckets = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    /// Of recorders: counts and bytes.
    public static let defaultRecorderBuckets: [Double] = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262_144, 1_048_576]

    private struct Family {
        let kind: MetricKind
        /// What it was made from, to find its description.
        let label: String
        var series: [String: any MetricSeries] = [:]
    }

    private struct Collector: Sendable {
        let name: String
        let help: String
        let kind: MetricKind
        let collect: @Sendable () async -> [MetricSample]
    }

    private struct State {
        var families: [String: Family] = [:]
        var help: [String: String] = [:]
        var buckets: [String: [Double]] = [:]
        var collectors: [Collector] = []
    }

    private let state = Mutex(State())
    private let collectorTimeout: Duration
    private let clock: any Clock<Duration>

    /// - Parameter collectorTimeout: how long a scrape waits for a collector before it goes without its values.
    public init(collectorTimeout: Duration = .seconds(2), clock: any Clock<Duration> = ContinuousClock()) {
        self.collectorTimeout = collectorTimeout
        self.clock = clock
    }

    /// Says what a metric means, and where its buckets end. One that is not described has no HELP line.
    ///
    /// - Parameters:
    ///   - label: as the metric is made with: `highwater.commands`.
    ///   - buckets: upper bounds of a timer's (in seconds) or recorder's buckets, for series made from now on. Sorted; what is not
    ///     finite or there twice is left out.
    public func describe(_ label: String, _ help: String, buckets: [Double]? = nil) {
        state.withLock { state in
            state.help[label] = help
            if let buckets { state.buckets[label] = Set(buckets.filter(\.isFinite)).sorted() }
        }
    }

    /// Adds values that are looked up at each scrape: lags, queue depths.
    ///
    /// - Parameters:
    ///   - name: the name in the text; made valid, and ending in `_total` for a counter. Several collectors may share one.
    ///   - collect: the values now. Runs at the same time as the others; where it takes too long the scrape goes without it.
    public func addCollector(
        _ name: String, help: String, kind: MetricKind = .gauge, _ collect: @escaping @Sendable () async -> [MetricSample]
    ) {
        // A single value is no histogram.
        let kind = kind == .histogram ? .gauge : kind
        let collector = Collector(name: Self.familyName(name, kind: kind, isTimer: false), help: help, kind: kind, collect: collect)
        state.withLock { $0.collectors.append(collector) }
    }

    /// Every metric now, families and series in the order of their names.
    public func render() async -> String {
        let (families, help, collectors) = state.withLock { ($0.families, $0.help, $0.collectors) }
        let collected = await collect(collectors)
        var blocks: [String: String] = [:]
        for (name, family) in families where !family.series.isEmpty {
            var text = ""
            Exposition.appendHeading(name, help: help[family.label], kind: family.kind, to: &text)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.render(family: name, labels: labels, into: &text)
            }
            blocks[name] = text
        }
        for (name, members) in Dictionary(grouping: collected, by: \.collector.name) where blocks[name] == nil {
            var values: [String: Double] = [:]
            for sample in members.flatMap(\.samples) {
                // A series may be there only once; the first collector's value stands.
                let labels = Exposition.labels(sample.labels)
                if values[labels] == nil { values[labels] = sample.value }
            }
            guard let first = members.first?.collector, !values.isEmpty else { continue }
            var text = ""
            Exposition.appendHeading(name, help: first.help, kind: first.kind, to: &text)
            for (labels, value) in values.sorted(by: { $0.key < $1.key }) {
                Exposition.append(name, labels, Exposition.number(value), to: &text)
            }
            blocks[name] = text
        }
        return blocks.sorted { $0.key < $1.key }.map(\.value).joined()
    }

    /// In the order in which the collectors were added.
    private func collect(_ collectors: [Collector]) async -> [(collector: Collector, samples: [MetricSample])] {
        await withTaskGroup(of: (Int, [MetricSample]).self) { group in
            for (index, collector) in collectors.enumerated() {
                group.addTask { [collectorTimeout, clock] in
                    (index, await withDeadline(collectorTimeout, clock: clock, collector.collect) ?? [])
                }
            }
            var samples = collectors.map { (collector: $0, samples: [MetricSample]()) }
            for await (index, found) in group { samples[index].samples = found }
            return samples
        }
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions, isTimer: false) : gauge(label, dimensions)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, isTimer: true)
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
        series(label, dimensions, kind: .counter) { _ in CounterSeries() }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        series(label, dimensions, kind: .gauge) { _ in GaugeSeries() }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)], isTimer: Bool) -> HistogramSeries {
        series(label, dimensions, kind: .histogram, isTimer: isTimer) { bounds in
            HistogramSeries(bounds: bounds ?? (isTimer ? Self.defaultTimerBuckets : Self.defaultRecorderBuckets))
        }
    }

    private func series<Series: MetricSeries>(
        _ label: String, _ dimensions: [(String, String)], kind: MetricKind, isTimer: Bool = false, make: ([Double]?) -> Series
    ) -> Series {
        let labels = Exposition.labels(dimensions, reserving: kind == .histogram ? "le" : nil)
        var name = Self.familyName(label, kind: kind, isTimer: isTimer)
        return state.withLock { state in
            while let family = state.families[name], family.kind != kind { name += "_\(kind.rawValue)" }
            if let existing = state.families[name]?.series[labels] as? Series { return existing }
            let made = make(state.buckets[label])
            state.families[name, default: Family(kind: kind, label: label)].series[labels] = made
            return made
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                for (labels, series) in family.series where series === handler { state.families[name]?.series[labels] = nil }
            }
        }
    }

    private static func familyName(_ label: String, kind: MetricKind, isTimer: Bool) -> String {
        let name = Exposition.name(label)
        let suffix = isTimer ? "_seconds" : kind == .counter ? "_total" : ""
        return name.hasSuffix(suffix) ? name : name + suffix
    }
}
