public import ReadModel

/// One law of the ``ReadModelStore`` port.
public struct ReadModelStoreLaw: Sendable, CustomStringConvertible {
    public let name: String
    private let body: @Sendable (any ReadModelStore) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (any ReadModelStore) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    /// - Parameter store: a fresh one.
    /// - Throws: ``BrokenReadModelStoreLaw``, or what the store throws.
    public func check(_ store: any ReadModelStore) async throws { try await body(store) }
}

/// A law that a store breaks, and how.
public struct BrokenReadModelStoreLaw: Error, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

func require(_ condition: Bool, _ otherwise: @autoclosure () -> String) throws {
    if !condition { throw BrokenReadModelStoreLaw(otherwise()) }
}

func requireError(_ code: ReadModelError.Code, _ what: String, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as ReadModelError where error.code == code {
        return
    } catch {
        throw BrokenReadModelStoreLaw("\(what): expected \(code), got \(error)")
    }
    throw BrokenReadModelStoreLaw("\(what): expected \(code), got no error")
}
