/// What the engine guarantees on every store: each event takes effect once, whatever dies and wherever; a rebuild disturbs nobody; a
/// verification finds what is not as the log says. An adapter's tests hold the engine to it on that store:
///
/// ```swift
/// @Test(arguments: ReadModelEngineConformance.laws)
/// func keeps(_ law: ReadModelEngineLaw) async throws {
///     try await law.check(ReadModelEngineHarness(open: { try await MyStore.open(…) }, close: { … }, execute: { … }))
/// }
/// ```
///
/// A death is that of ``DyingWorker``: at a named point, nothing of the worker reaches store or log any more; a new worker on the reopened
/// store goes on.
public enum ReadModelEngineConformance {
    public static let laws: [ReadModelEngineLaw] =
        runningLaws + deathInABatchLaws + rebuildLaws + leaseLaws + deathInARebuildLaws + versionLaws + verificationLaws + faultLaws
        + answerLaws
}
