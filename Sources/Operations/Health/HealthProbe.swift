/// The three questions of an orchestrator.
public enum HealthProbe: String, Sendable, CaseIterable {
    /// Does the process run? If not, restart it.
    case live
    /// Has it started? Once it has, for good.
    case startup
    /// Should it get requests now?
    case ready
}
