import EventModel
import HTTPTypes
import Hummingbird
import Tracing

/// The trace that a request belongs to, by way of whatever tracer the process has.
struct RequestTrace: Sendable {
    /// Nil: spans are not made, and a caller's trace context goes into the log as it came.
    let tracer: (any Tracer)?

    /// Runs `operation` in a server span and hands it the `traceparent` for the log: that of the span, or the caller's; empty where there
    /// is none. A caller's invalid one is ignored, as W3C Trace Context (section 3.2.2) asks.
    func callAsFunction(
        _ request: Request, _ name: @autoclosure () -> String, _ operation: (_ traceparent: String) async -> Response
    ) async -> Response {
        let traceparent = request.headers[.traceparent].flatMap { Traceparent.isValid($0) ? $0 : nil }
        guard let tracer else { return await operation(traceparent ?? "") }
        return await serve(request, with: tracer, name(), operation)
    }

    private func serve<T: Tracer>(
        _ request: Request, with tracer: T, _ name: String, _ operation: (String) async -> Response
    ) async -> Response {
        var context = InstrumentationContext.topLevel
        tracer.extract(request.headers, into: &context, using: HeaderExtractor())
        return await tracer.withSpan(name, context: context, ofKind: .server) { span in
            var carrier: [String: String] = [:]
            tracer.inject(span.context, into: &carrier, using: DictionaryInjector())
            let response = await operation(carrier["traceparent"] ?? "")
            span.attributes["http.response.status_code"] = response.status.code
            if response.status.code >= 500 { span.setStatus(SpanStatus(code: .error)) }
            return response
        }
    }
}

private struct HeaderExtractor: Extractor {
    func extract(key: String, from headers: HTTPFields) -> String? { HTTPField.Name(key).flatMap { headers[$0] } }
}

private struct DictionaryInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}
