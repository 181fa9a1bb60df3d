/// The laws of the `StateStore` port. An adapter's tests hold it to all of them:
///
/// ```swift
/// @Test(arguments: StateStoreConformance.laws)
/// func keeps(_ law: StateStoreLaw) async throws {
///     let folder = try makeEmptyFolder()
///     try await law.check(StateStoreHarness { MyStateStores(folder: folder) })
/// }
/// ```
public enum StateStoreConformance {
    public static let laws: [StateStoreLaw] = saving + commits + limits + openings
}
