import EventLog
public import ReadModel
import Synchronization

extension SQLiteReadModelStore {
    /// Whether the file is at its path and can be read.
    public func availability(within limit: Duration) async -> StoreAvailability {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await self.read("look at the read model") { _ in } }
                group.addTask { [path] in
                    try await ContinuousClock().sleep(for: limit)
                    throw ReadModelError(.unavailable, "\(path) could not be read within \(limit)")
                }
                try await group.next()
            }
            troubleSince.withLock { $0 = nil }
            return .reachable
        } catch {
            let now = now()
            let since = troubleSince.withLock { since in
                since = since ?? now
                return since ?? now
            }
            return .unreachable(since: since, reason: "\(error)")
        }
    }
}
