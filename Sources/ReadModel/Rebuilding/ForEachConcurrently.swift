/// Runs `body` for every item, at most `limit` at the same time; the first error ends it.
func forEachConcurrently<Item: Sendable>(
    _ items: [Item], limit: Int, _ body: @escaping @Sendable (Item) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var remaining = items[...]
        for item in remaining.prefix(limit) { group.addTask { try await body(item) } }
        remaining = remaining.dropFirst(limit)
        while try await group.next() != nil {
            if let item = remaining.popFirst() { group.addTask { try await body(item) } }
        }
    }
}
