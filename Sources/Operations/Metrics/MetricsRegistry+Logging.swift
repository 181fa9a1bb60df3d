extension MetricsRegistry {
    /// Adds `highwater_log_dropped_lines_total`: what standard error's reader was too slow for.
    public func addLogMetrics() {
        addCollector(
            "highwater_log_dropped_lines", help: "Log lines dropped because standard error was not read fast enough or failed.",
            kind: .counter
        ) { [MetricSample([], Double(BufferedOutput.standardError.droppedLines))] }
    }
}
