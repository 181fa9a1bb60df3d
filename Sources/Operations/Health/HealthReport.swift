/// The answer to a probe.
public struct HealthReport: Hashable, Sendable {
    public let probe: HealthProbe
    /// 200 if true, 503 if not.
    public let isPassing: Bool
    /// `live`; `started` or `starting`; `ready`, `not-ready` or `draining`.
    public let status: String
    public let checks: [String: HealthCheckResult]

    /// `{"status":"ready","checks":{"log":{"ok":true,"detail":"…"}}}`, checks by name.
    public var json: String {
        var buffer = JSONBuffer()
        buffer.beginObject()
        buffer.member("status", status)
        buffer.key("checks")
        buffer.beginObject()
        for (name, result) in checks.sorted(by: { $0.key < $1.key }) {
            buffer.key(name)
            buffer.beginObject()
            buffer.member("ok", result.isPassing)
            buffer.member("detail", result.detail)
            buffer.endObject()
        }
        buffer.endObject()
        buffer.endObject()
        return buffer.text
    }
}
