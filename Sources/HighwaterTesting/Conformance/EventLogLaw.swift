/// One law that every ``EventLog`` keeps.
public struct EventLogLaw: Sendable, CustomStringConvertible {
    /// The law in words.
    public let name: String
    private let body: @Sendable (LawContext) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (LawContext) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// Holds the adapter to the law.
    ///
    /// A broken law may also show as an endless wait, since laws await conditions and know no time: give the test a time limit.
    ///
    /// - Throws: ``ConformanceFailure``, or what the adapter itself throws.
    public func check(_ harness: EventLogHarness) async throws {
        let context = LawContext(law: name, harness: harness, log: try await harness.open())
        do {
            try await body(context)
            await harness.close(context.log)
        } catch {
            await harness.close(context.log)
            throw error
        }
    }

    public var description: String { name }
}
