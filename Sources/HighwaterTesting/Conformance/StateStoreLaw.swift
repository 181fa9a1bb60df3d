/// One law that every `StateStore` keeps.
public struct StateStoreLaw: Sendable, CustomStringConvertible {
    /// The law in words.
    public let name: String
    private let body: @Sendable (StateStoreLawContext) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (StateStoreLawContext) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// Holds the adapter to the law.
    ///
    /// - Throws: ``ConformanceFailure``, or what the adapter itself throws.
    public func check(_ harness: StateStoreHarness) async throws {
        try await body(StateStoreLawContext(law: name, harness: harness))
    }

    public var description: String { name }
}
