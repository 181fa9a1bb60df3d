/// Who sends a request, or why it may not.
public enum Admission: Sendable {
    /// - actor: goes into the log with the events; empty where unknown.
    case admitted(actor: String)
    /// 401. `challenge` is for `WWW-Authenticate`: `Bearer`.
    case unauthenticated(challenge: String)
    /// 403.
    case forbidden
}
