/// The answer to a probe.
public struct HealthReport: Hashable, Sendable {
    /// A check, and the part that it belongs to; nil for the process as a whole.
    public struct Check: Hashable, Sendable {
        public let part: HealthPart?
        public let result: HealthCheckResult
    }

    /// 200 if true, 503 if not.
    public let isPassing: Bool
    /// `live`; `started` or `starting`; `ready`, `degraded`, `not-ready` or `draining`.
    public let status: String
    /// Whether each part is ready.
    public let parts: [HealthPart: Bool]
    public let checks: [String: Check]

    /// `{"status":"degraded","parts":{"commands":"ready","views":"not-ready"},"checks":{"views-postgres":{"ok":false,"part":"views",
    /// "detail":"…"}}}`, parts and checks by name.
    public var json: String {
        var buffer = JSONBuffer()
        buffer.beginObject()
        buffer.member("status", status)
        buffer.key("parts")
        buffer.beginObject()
        for (part, isReady) in parts.sorted(by: { $0.key.name < $1.key.name }) { buffer.member(part.name, isReady ? "ready" : "not-ready") }
        buffer.endObject()
        buffer.key("checks")
        buffer.beginObject()
        for (name, check) in checks.sorted(by: { $0.key < $1.key }) {
            buffer.key(name)
            buffer.beginObject()
            buffer.member("ok", check.result.isPassing)
            if let part = check.part { buffer.member("part", part.name) }
            buffer.member("detail", check.result.detail)
            buffer.endObject()
        }
        buffer.endObject()
        buffer.endObject()
        return buffer.text
    }
}
