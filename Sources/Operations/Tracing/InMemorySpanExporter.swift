import Synchronization

/// Keeps every span, for tests.
public final class InMemorySpanExporter: SpanExporter {
    private let finished = Mutex<[FinishedSpan]>([])

    public init() {}

    /// In the order in which they ended.
    public var spans: [FinishedSpan] { finished.withLock { $0 } }

    public func export(_ span: FinishedSpan) { finished.withLock { $0.append(span) } }
}
