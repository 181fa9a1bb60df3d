public import WriteModel

/// How the conformance suite gets at an adapter.
public struct StateStoreHarness: Sendable {
    /// Makes a provider of the stores in one place, as a restarted process would; the place is empty at the first call.
    public var makeProvider: @Sendable () async throws -> any StateStoreProvider

    public init(makeProvider: @escaping @Sendable () async throws -> any StateStoreProvider) { self.makeProvider = makeProvider }
}
