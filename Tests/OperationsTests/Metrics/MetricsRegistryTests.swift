import HighwaterTesting
import Metrics
import Operations
import Testing

struct MetricsRegistryTests {
    let registry = MetricsRegistry()

    func scrape() async throws -> ExpositionParser { try ExpositionParser(await registry.render()) }

    @Test func counters() async throws {
        registry.describe("highwater.commands", "Commands by outcome.\nSecond \\ line")
        let accepted = Counter(
            label: "highwater.commands", dimensions: [("outcome", "accepted"), ("category", "order")], factory: registry)
        accepted.increment()
        accepted.increment(by: 41)
        accepted.increment(by: -5)
        // The same label and dimensions in another order are the same series.
        Counter(label: "highwater.commands", dimensions: [("category", "order"), ("outcome", "accepted")], factory: registry).increment()
        FloatingPointCounter(label: "bytes_total", factory: registry).increment(by: 0.5)
        let parsed = try await scrape()
        #expect(parsed.samples == [#"highwater_commands_total{category="order",outcome="accepted"}"#: 43, "bytes_total": 0.5])
        #expect(parsed.types == ["highwater_commands_total": "counter", "bytes_total": "counter"])
        #expect(parsed.help == ["highwater_commands_total": #"Commands by outcome.\nSecond \\ line"#], "bytes_total is not described")
    }

    @Test func gauges() async throws {
        let meter = Meter(label: "depth", factory: registry)
        meter.set(5)
        meter.increment(by: 1.5)
        meter.decrement()
        Gauge(label: "temperature", factory: registry).record(-3)
        let parsed = try await scrape()
        #expect(parsed.samples == ["depth": 5.5, "temperature": -3])
        #expect(parsed.types == ["depth": "gauge", "temperature": "gauge"])
    }

    @Test func timersAreHistogramsInSeconds() async throws {
        registry.describe("http.duration", "d", buckets: [1, 0.1, 1, .infinity])
        let timer = Timer(label: "http.duration", dimensions: [("route", "/v1")], factory: registry)
        timer.recordMilliseconds(100)
        timer.recordMilliseconds(101)
        timer.recordSeconds(2)
        let parsed = try await scrape()
        #expect(parsed.types == ["http_duration_seconds": "histogram"])
        #expect(
            parsed.samples == [
                #"http_duration_seconds_bucket{route="/v1",le="0.1"}"#: 1, #"http_duration_seconds_bucket{route="/v1",le="1"}"#: 2,
                #"http_duration_seconds_bucket{route="/v1",le="+Inf"}"#: 3, #"http_duration_seconds_count{route="/v1"}"#: 3,
                #"http_duration_seconds_sum{route="/v1"}"#: 2.201,
            ])
    }

    @Test func recordersAreHistograms() async throws {
        let recorder = Recorder(label: "batch", dimensions: [("le", "mine")], factory: registry)
        for value in [1, 4, 5, 2_000_000] { recorder.record(value) }
        recorder.record(Double.nan)
        let parsed = try await scrape()
        #expect(parsed.samples[#"batch_bucket{le_="mine",le="1"}"#] == 1)
        #expect(parsed.samples[#"batch_bucket{le_="mine",le="4"}"#] == 2)
        #expect(parsed.samples[#"batch_bucket{le_="mine",le="1048576"}"#] == 3)
        #expect(parsed.samples[#"batch_bucket{le_="mine",le="+Inf"}"#] == 4)
        #expect(parsed.samples[#"batch_sum{le_="mine"}"#] == 2_000_010)
    }

    @Test func namesAndLabelsAreMadeValid() async throws {
        Counter(label: "9 höhe", dimensions: [("a-b", "q\"\\\n\r\n}"), ("a.b", "x"), ("", "y")], factory: registry).increment()
        let parsed = try await scrape()
        #expect(parsed.samples == ["_9_h_he_total{_=\"y\",a_b=\"q\"\\\n\r\n}\",a_b_=\"x\"}": 1])
    }

    @Test func aNameTakenByAnotherKind() async throws {
        Meter(label: "a.total", factory: registry).set(1)
        Counter(label: "a", factory: registry).increment()
        Timer(label: "t", factory: registry).recordSeconds(1)
        Meter(label: "t_seconds", factory: registry).set(2)
        registry.addCollector("t_seconds", help: "shadowed") { [MetricSample([], 3)] }
        let parsed = try await scrape()
        #expect(parsed.samples["a_total"] == 1)
        #expect(parsed.samples["a_total_counter"] == 1)
        #expect(parsed.samples["t_seconds_count"] == 1)
        #expect(parsed.samples["t_seconds_gauge"] == 2)
    }

    @Test func destroyedMetricsAreGone() async throws {
        let counter = Counter(label: "c", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(try await scrape().samples.isEmpty)
        #expect(await registry.render() == "")
        Counter(label: "c", factory: registry).increment()
        #expect(try await scrape().samples == ["c_total": 1])
    }

    @Test func collectorsAnswerAtEachScrape() async throws {
        let lag = Meter(label: "source", factory: registry)
        _ = lag
        registry.addCollector("highwater.lag.events", help: "Lag.") { [MetricSample([("p", "0")], 7), MetricSample([("p", "0")], 8)] }
        registry.addCollector("highwater.lag.events", help: "Lag.") { [MetricSample([("p", "1")], .infinity)] }
        registry.addCollector("nothing", help: "No samples.") { [] }
        registry.addCollector("ticks", help: "t", kind: .counter) { [MetricSample([], 1e20)] }
        let parsed = try await scrape()
        #expect(
            parsed.samples == [
                "source": 0, #"highwater_lag_events{p="0"}"#: 7, #"highwater_lag_events{p="1"}"#: .infinity, "ticks_total": 1e20,
            ])
        #expect(parsed.types["ticks_total"] == "counter")
    }

    @Test func aCollectorThatHangsIsLeftOut() async throws {
        let clock = ManualClock()
        let gate = Gate()
        let registry = MetricsRegistry(collectorTimeout: .seconds(2), clock: clock)
        registry.addCollector("stuck", help: "s") {
            await gate.pass()
            return [MetricSample([], 1)]
        }
        Meter(label: "alive", factory: registry).set(1)
        async let text = registry.render()
        await clock.sleepers(1)
        clock.advance(by: .seconds(2))
        #expect(try await ExpositionParser(text).samples == ["alive": 1])
        gate.open()
    }

    @Test func concurrentIncrementsAreAllCounted() async throws {
        let shared = Meter(label: "shared", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<50_000 { shared.increment() } }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask { [registry] in
                    let meter = Meter(label: "m", factory: registry)
                    for number in 0..<1000 {
                        Counter(label: "c", factory: registry).increment()
                        FloatingPointCounter(label: "f", factory: registry).increment(by: 0.5)
                        meter.increment()
                        Recorder(label: "r", dimensions: [("worker", "\(worker % 2)")], factory: registry).record(number)
                    }
                }
            }
            group.addTask { [registry] in
                for _ in 0..<20 { _ = await registry.render() }
            }
        }
        let samples = try await scrape().samples
        #expect(samples["c_total"] == 8000)
        #expect(samples["f_total"] == 4000)
        #expect(samples["m"] == 8000)
        #expect(samples["shared"] == 200_000)
        #expect(samples[#"r_count{worker="0"}"#] == 4000)
    }

    #if os(Linux)
    @Test func processMetrics() async throws {
        registry.addProcessMetrics()
        let parsed = try await scrape()
        let memory = try #require(parsed.samples["process_resident_memory_bytes"])
        #expect(memory > 1_000_000 && memory < 1e12)
        let files = try #require(parsed.samples["process_open_fds"])
        #expect(files >= 3 && files < 1e6)
        #expect(try #require(parsed.samples["process_cpu_seconds_total"]) >= 0)
        let start = try #require(parsed.samples["process_start_time_seconds"])
        let now = Double(JSONLogHandler.systemMicroseconds()) / 1e6
        #expect(start < now + 2 && start > now - 86_400)
        #expect(parsed.types["process_cpu_seconds_total"] == "counter")
    }
    #endif
}
