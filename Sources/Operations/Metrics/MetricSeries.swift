/// One metric with its labels: what the hot path writes and a scrape reads.
protocol MetricSeries: AnyObject, Sendable {
    /// Appends the lines of this series. `labels` is rendered, without braces, and empty where there are none.
    func render(family: String, labels: String, into text: inout String)
}
