/// The laws of the ``ReadModelStore`` port. An adapter's tests hold it to all of them:
///
/// ```swift
/// @Test(arguments: ReadModelStoreConformance.laws)
/// func keeps(_ law: ReadModelStoreLaw) async throws {
///     try await law.check(MyStore())
/// }
/// ```
public enum ReadModelStoreConformance {
    public static let laws: [ReadModelStoreLaw] = generationLaws + writeLaws + valueLaws + queryLaws
}
