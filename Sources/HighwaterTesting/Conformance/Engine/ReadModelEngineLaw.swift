/// One law of the read side's engine on a store.
public struct ReadModelEngineLaw: Sendable, CustomStringConvertible {
    public let name: String
    private let body: @Sendable (ReadModelEngineHarness) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (ReadModelEngineHarness) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    /// - Parameter harness: of an empty database.
    /// - Throws: ``BrokenReadModelStoreLaw``, or what the engine throws.
    public func check(_ harness: ReadModelEngineHarness) async throws { try await body(harness) }
}
