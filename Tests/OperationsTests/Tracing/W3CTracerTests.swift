import Instrumentation
import Operations
import Testing
import Tracing

struct W3CTracerTests {
    struct Headers: Extractor, Injector {
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    }

    let exporter = InMemorySpanExporter()
    func tracer() -> W3CTracer { W3CTracer(exporter: exporter, ids: TraceIDGenerator(SequenceOfBits().next)) }

    @Test func aSpanInATraceFromOutside() throws {
        let tracer = tracer()
        var context = InstrumentationContext.topLevel
        tracer.extract(["traceparent": TraceContextTests.valid, "tracestate": "a=1"], into: &context, using: Headers())
        let carried = tracer.withSpan("handle", context: context, ofKind: .server) { span in
            span.attributes["status"] = 200
            #expect(span.isRecording)
            var carrier: [String: String] = [:]
            tracer.inject(InstrumentationContext.current ?? .topLevel, into: &carrier, using: Headers())
            return carrier
        }
        #expect(carried == ["traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-01", "tracestate": "a=1"])
        let span = try #require(exporter.spans.first)
        #expect(exporter.spans.count == 1)
        #expect(span.name == "handle")
        #expect(span.parent?.description == "00f067aa0ba902b7")
        #expect(span.context.traceparent == carried["traceparent"])
        #expect(span.attributes.get("status") == .int64(200))
        #expect(span.kind == .server)
        #expect(span.endNanosecondsSinceEpoch >= span.startNanosecondsSinceEpoch)
    }

    @Test func nestedSpansOfATraceThatBeginsHere() {
        let tracer = tracer()
        tracer.withSpan("outer") { _ in tracer.withSpan("inner") { _ in } }
        let spans = exporter.spans
        #expect(spans.map(\.name) == ["inner", "outer"])
        #expect(spans[0].parent == spans[1].context.spanID)
        #expect(spans[1].parent == nil)
        #expect(spans[0].context.traceID == spans[1].context.traceID)
    }

    @Test func unsampledTracesAreCarriedButNotExported() {
        let unsampled = String(TraceContextTests.valid.dropLast(2)) + "00"
        var context = InstrumentationContext.topLevel
        let tracer = tracer()
        tracer.extract(["traceparent": unsampled], into: &context, using: Headers())
        tracer.withSpan("s", context: context) { span in
            #expect(!span.isRecording)
            #expect(span.context.traceContext?.traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-00")
        }
        W3CTracer(exporter: exporter, samples: { _ in false }).withSpan("s") { _ in }
        #expect(exporter.spans.isEmpty)
        W3CTracer().withSpan("none") { span in
            #expect(span.context.traceContext?.isSampled == false)
        }
    }

    @Test func invalidHeadersCountAsNone() {
        var context = InstrumentationContext.topLevel
        tracer().extract(["traceparent": "nonsense", "tracestate": "a=1"], into: &context, using: Headers())
        #expect(context.traceContext == nil)
        var carrier: [String: String] = [:]
        tracer().inject(context, into: &carrier, using: Headers())
        #expect(carrier.isEmpty)
    }

    @Test func errorsAndEnd() throws {
        struct Failure: Error {}
        let tracer = tracer()
        #expect(throws: Failure.self) { try tracer.withSpan("s") { _ in throw Failure() } }
        let span = try #require(exporter.spans.first)
        #expect(span.status?.code == .error)
        #expect(span.events.map(\.name) == ["exception"])

        let other = tracer.startSpan("other")
        other.end()
        other.end()
        other.operationName = "changed"
        #expect(!other.isRecording)
        #expect(exporter.spans.map(\.name) == ["s", "other"])
    }
}
