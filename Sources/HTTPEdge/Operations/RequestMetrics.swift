import HTTPTypes
import Metrics
import Synchronization

/// Rate, errors and duration of requests: `highwater_http_requests_total` by method, route and status,
/// `highwater_http_request_duration_seconds` by method and route. Labels are bounded: routes are templates, methods the standard ones.
final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Series {
        let requests: Counter
        let duration: Timer
    }

    private let factory: any MetricsFactory
    private let series = Mutex<[Key: Series]>([:])

    init(factory: any MetricsFactory) { self.factory = factory }

    /// - Parameter method: nil where it could not be read.
    func record(method: HTTPRequest.Method?, route: String, status: Int, duration: Duration) {
        let key = Key(method: Self.label(method), route: route, status: status)
        let series = series.withLock { known in
            if let series = known[key] { return series }
            let made = Series(
                requests: Counter(
                    label: "highwater_http_requests_total",
                    dimensions: [("method", key.method), ("route", key.route), ("status", String(key.status))], factory: factory),
                duration: Timer(
                    label: "highwater_http_request_duration_seconds", dimensions: [("method", key.method), ("route", key.route)],
                    preferredDisplayUnit: .seconds, factory: factory))
            known[key] = made
            return made
        }
        series.requests.increment()
        let (seconds, attoseconds) = duration.components
        series.duration.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    private static func label(_ method: HTTPRequest.Method?) -> String {
        switch method {
        case .get?, .head?, .post?, .put?, .delete?, .patch?, .options?: method?.rawValue ?? "other"
        default: "other"
        }
    }
}
