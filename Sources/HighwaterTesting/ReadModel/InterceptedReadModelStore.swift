public import EventLog
public import ReadModel

/// A read model store that tells of each step before and after it is made, where a test may fail it, or kill whoever makes it.
public struct InterceptedReadModelStore: ReadModelStore {
    public enum Step: String, Hashable, Sendable, CaseIterable {
        case beforeGenerations, beforeCreate, afterCreate, beforeRenew, beforeFinish, afterFinish, beforeActivate, afterActivate, beforeHold
        case beforeMarkReady, afterMarkReady, beforeDropAbandoned
        case beforeDrop, afterDrop, beforePositions, beforeRows, afterRows, beforeApply, afterApply, beforeLoad, afterLoad
        case beforeSnapshot, afterSnapshot, beforeQuery
    }

    public var name: String { store.name }
    private let store: any ReadModelStore
    private let onStep: @Sendable (Step) async throws -> Void
    private let onRows: @Sendable (_ count: Int) throws -> Void

    /// - Parameters:
    ///   - onRows: called within a load as rows are taken; what it throws ends the load, as a lost connection would.
    ///   - onStep: what it throws is thrown to the caller; after a step, the step has been made all the same.
    public init(
        _ store: any ReadModelStore, onRows: @escaping @Sendable (_ count: Int) throws -> Void = { _ in },
        onStep: @escaping @Sendable (Step) async throws -> Void
    ) {
        self.store = store
        self.onRows = onRows
        self.onStep = onStep
    }

    public func availability(within limit: Duration) async -> StoreAvailability { await store.availability(within: limit) }

    public func incarnation() async throws -> Int? { try await store.incarnation() }

    public func generations(of projection: String) async throws -> [Generation] {
        try await onStep(.beforeGenerations)
        return try await store.generations(of: projection)
    }

    public func createGeneration(
        _ schema: TableSchema, topic: Topic, partitions: Int, purpose: GenerationPurpose
    ) async throws -> Generation {
        try await onStep(.beforeCreate)
        let made = try await store.createGeneration(schema, topic: topic, partitions: partitions, purpose: purpose)
        try await onStep(.afterCreate)
        return made
    }

    public func renew(_ builder: String, for duration: Duration, on generation: Generation) async throws -> Bool {
        try await onStep(.beforeRenew)
        return try await store.renew(builder, for: duration, on: generation)
    }

    public func markReady(_ generation: Generation, keptBy builder: String, for duration: Duration) async throws -> Bool {
        try await onStep(.beforeMarkReady)
        let isKept = try await store.markReady(generation, keptBy: builder, for: duration)
        try await onStep(.afterMarkReady)
        return isKept
    }

    public func dropAbandoned(of projection: String) async throws -> [Int] {
        try await onStep(.beforeDropAbandoned)
        return try await store.dropAbandoned(of: projection)
    }

    public func finish(_ generation: Generation) async throws {
        try await onStep(.beforeFinish)
        try await store.finish(generation)
        try await onStep(.afterFinish)
    }

    public func activate(_ generation: Generation, evenIfBehind: Bool) async throws -> Bool {
        try await onStep(.beforeActivate)
        let isLive = try await store.activate(generation, evenIfBehind: evenIfBehind)
        try await onStep(.afterActivate)
        return isLive
    }

    public func hold(_ generation: Generation, for duration: Duration?) async throws {
        try await onStep(.beforeHold)
        try await store.hold(generation, for: duration)
    }

    public func drop(_ generation: Generation) async throws {
        try await onStep(.beforeDrop)
        try await store.drop(generation)
        try await onStep(.afterDrop)
    }

    public func positions(of generation: Generation) async throws -> [Partition: ChainPosition] {
        try await onStep(.beforePositions)
        return try await store.positions(of: generation)
    }

    public func rows(in generation: Generation, keys: [Partition: [String]]) async throws -> [Partition: [StoredRow]] {
        try await onStep(.beforeRows)
        let rows = try await store.rows(in: generation, keys: keys)
        try await onStep(.afterRows)
        return rows
    }

    public func apply(_ batch: [PartitionWrite], to generation: Generation) async throws -> Bool {
        try await onStep(.beforeApply)
        let isApplied = try await store.apply(batch, to: generation)
        try await onStep(.afterApply)
        return isApplied
    }

    public func load(_ rows: any KeyOrderedRows, moving: [PositionMove], into generation: Generation) async throws -> Bool {
        try await onStep(.beforeLoad)
        let isLoaded = try await store.load(WatchedRows(rows, onRows), moving: moving, into: generation)
        try await onStep(.afterLoad)
        return isLoaded
    }

    public func withSnapshot<Result: Sendable>(
        of generation: Generation, _ body: (any GenerationSnapshot) async throws -> Result
    ) async throws -> Result {
        try await onStep(.beforeSnapshot)
        let result = try await store.withSnapshot(of: generation, body)
        try await onStep(.afterSnapshot)
        return result
    }

    public func row(of projection: String, key: String) async throws -> QueryResult<StoredRow?> {
        try await onStep(.beforeQuery)
        return try await store.row(of: projection, key: key)
    }

    public func rows(of projection: String, matching query: RowQuery) async throws -> QueryResult<[StoredRow]> {
        try await onStep(.beforeQuery)
        return try await store.rows(of: projection, matching: query)
    }

    public func livePositions(of projection: String) async throws -> AppliedPositions {
        try await onStep(.beforeQuery)
        return try await store.livePositions(of: projection)
    }
}

private final class WatchedRows: KeyOrderedRows {
    private let rows: any KeyOrderedRows
    private let onRows: @Sendable (Int) throws -> Void

    init(_ rows: any KeyOrderedRows, _ onRows: @escaping @Sendable (Int) throws -> Void) {
        self.rows = rows
        self.onRows = onRows
    }

    func next() throws -> [PartitionRow] {
        let next = try rows.next()
        try onRows(next.count)
        return next
    }
}
