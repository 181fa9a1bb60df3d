public import ReadModel

/// A database of one law's own, for the engine's laws.
public struct ReadModelEngineHarness: Sendable {
    /// Opens the database as one more process would, or opens it again. It is empty the first time.
    public var open: @Sendable () async throws -> any ReadModelStore
    /// Gives up what ``open`` has opened.
    public var close: @Sendable (any ReadModelStore) async throws -> Void
    /// Runs SQL behind the engine's back, as somebody with a shell does; nil where the store has none.
    public var execute: (@Sendable (_ sql: String) async throws -> Void)?

    public init(
        open: @escaping @Sendable () async throws -> any ReadModelStore,
        close: @escaping @Sendable (any ReadModelStore) async throws -> Void = { _ in },
        execute: (@Sendable (_ sql: String) async throws -> Void)? = nil
    ) {
        self.open = open
        self.close = close
        self.execute = execute
    }

    /// Runs `body` on the database opened anew, and closes it.
    func with<Result>(_ body: (any ReadModelStore) async throws -> Result) async throws -> Result {
        let store = try await open()
        let result: Result
        do {
            result = try await body(store)
        } catch {
            try? await close(store)
            throw error
        }
        try await close(store)
        return result
    }
}
