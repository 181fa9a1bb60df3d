/// What kind a metric family is, as Prometheus's `# TYPE` names it.
public enum MetricKind: String, Sendable { case counter, gauge, histogram }
