public import EventLog
public import EventModel
import Synchronization

/// Read models in memory: the port's twin for tests, and the shortest adapter to read.
public final class InMemoryReadModelStore: ReadModelStore {
    private struct Table {
        var generation: Generation
        var positions: [Partition: ChainPosition]
        var rows: [Partition: [RowKey: StoredRow]] = [:]
        var heldUntil: Timestamp?

        /// As it is seen at this moment.
        func seen(at now: Timestamp) -> Generation {
            var generation = generation
            generation.isHeld = heldUntil.map { $0 > now && $0 <= now.advanced(by: Generation.longestHold) } ?? false
            generation.lease = generation.lease.map { BuildLease(builder: $0.builder, expires: $0.expires, now: now) }
            return generation
        }

        func takesBatches(at now: Timestamp) -> Bool {
            generation.state == .live ? !seen(at: now).isHeld : generation.lease != nil
        }

        /// That no other partition has a row for a key by stream.
        func checkSpread(_ key: String, _ partition: Partition) throws(ReadModelError) {
            guard generation.schema.key.spread == .byStream else { return }
            for (other, rows) in rows where other != partition && rows[RowKey(key)] != nil {
                throw .keptElsewhere(key, generation.schema)
            }
        }

        var allRows: [PartitionRow] {
            rows.flatMap { partition, rows in rows.values.map { PartitionRow(partition: partition, row: $0) } }.sorted { $0.precedes($1) }
        }
    }

    private struct State {
        var tables: [String: [Int: Table]] = [:]
        var lastNumber: [String: Int] = [:]

        subscript(generation: Generation) -> Table? {
            get { tables[generation.schema.projection.name]?[generation.number] }
            set { tables[generation.schema.projection.name, default: [:]][generation.number] = newValue }
        }

        func live(_ projection: String) throws(ReadModelError) -> Table {
            guard let table = tables[projection]?.values.first(where: { $0.generation.state == .live }) else {
                throw ReadModelError(.unknownProjection, "no read model '\(projection)' is live")
            }
            return table
        }
    }

    public let name: String
    private let state = Mutex(State())
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: the store's clock.
    public init(name: String = "memory", now: @escaping @Sendable () -> Timestamp = EngineEnvironment.system.now) {
        self.name = name
        self.now = now
    }

    // MARK: Generations

    public func generations(of projection: String) async throws -> [Generation] {
        let now = now()
        return state.withLock { ($0.tables[projection] ?? [:]).values.map { $0.seen(at: now) }.sorted { $0.number < $1.number } }
    }

    public func createGeneration(
        _ schema: TableSchema, topic: Topic, partitions: Int, purpose: GenerationPurpose
    ) async throws -> Generation {
        let now = now()
        return try state.withLock { state throws(ReadModelError) in
            let name = schema.projection.name
            var lease: BuildLease?
            switch purpose {
            case .first:
                if let live = try? state.live(name) { return live.generation }
            case .rebuild(let builder, let duration):
                lease = BuildLease(builder, for: duration, from: now)
                for other in (state.tables[name] ?? [:]).values.map({ $0.seen(at: now) }) where other.state == .building {
                    if let held = other.lease, !held.isOver { throw ReadModelError.rebuilt(name, by: held) }
                    state[other] = nil
                }
            }
            let number = (state.lastNumber[name] ?? 0) + 1
            state.lastNumber[name] = number
            let generation = Generation(
                schema: schema, topic: topic, number: number, state: purpose == .first ? .live : .building, partitions: partitions,
                lease: lease)
            let beginnings = Partition.all(of: partitions).map { ($0, ChainPosition.beginning) }
            state[generation] = Table(generation: generation, positions: Dictionary(uniqueKeysWithValues: beginnings))
            return generation
        }
    }

    public func renew(_ builder: String, for duration: Duration, on generation: Generation) async throws -> Bool {
        lease(generation, to: builder, for: duration, isFilled: false)
    }

    public func markReady(_ generation: Generation, keptBy builder: String, for duration: Duration) async throws -> Bool {
        lease(generation, to: builder, for: duration, isFilled: true)
    }

    private func lease(_ generation: Generation, to builder: String, for duration: Duration, isFilled: Bool) -> Bool {
        let now = now()
        return state.withLock { state in
            guard let table = state[generation], table.generation.state != .live else { return false }
            if let held = table.seen(at: now).lease, held.builder != builder, !held.isOver { return false }
            state[generation]?.generation.lease = BuildLease(builder, for: duration, from: now)
            if isFilled, table.generation.state == .building { state[generation]?.generation.state = .ready }
            return true
        }
    }

    public func dropAbandoned(of projection: String) async throws -> [Int] {
        let now = now()
        return state.withLock { state in
            let abandoned = (state.tables[projection] ?? [:]).values.map { $0.seen(at: now) }.filter(\.isAbandoned)
            for generation in abandoned { state[generation] = nil }
            return abandoned.map(\.number).sorted()
        }
    }

    public func finish(_ generation: Generation) async throws {
        state.withLock { state in
            guard var now = state[generation]?.generation, now.state != .live else { return }
            if now.state == .building { now.state = .ready }
            now.lease = nil
            state[generation]?.generation = now
        }
    }

    public func activate(_ generation: Generation, evenIfBehind: Bool) async throws -> Bool {
        state.withLock { state in
            guard let table = state[generation] else { return false }
            if table.generation.state == .live { return true }
            if let live = try? state.live(generation.schema.projection.name) {
                let isBehind = live.positions.contains { ($1.offset) > (table.positions[$0]?.offset ?? Offset(-1)) }
                guard evenIfBehind || !isBehind else { return false }
                state[live.generation]?.generation.state = .retired
                state[live.generation]?.heldUntil = nil
            }
            state[generation]?.generation.state = .live
            state[generation]?.generation.lease = nil
            return true
        }
    }

    public func hold(_ generation: Generation, for duration: Duration?) async throws {
        let until = duration.map { now().advanced(by: $0) }
        state.withLock { state in
            if state[generation]?.generation.state == .live { state[generation]?.heldUntil = until }
        }
    }

    public func drop(_ generation: Generation) async throws {
        state.withLock { state in
            if state[generation]?.generation.state != .live { state[generation] = nil }
        }
    }

    // MARK: Writing

    public func positions(of generation: Generation) async throws -> [Partition: ChainPosition] {
        state.withLock { $0[generation]?.positions ?? [:] }
    }

    public func rows(in generation: Generation, keys: [Partition: [String]]) async throws -> [Partition: [StoredRow]] {
        state.withLock { state in
            guard let table = state[generation] else { return [:] }
            return Dictionary(
                uniqueKeysWithValues: keys.map { partition, keys in
                    (partition, keys.compactMap { table.rows[partition]?[RowKey($0)] })
                })
        }
    }

    public func apply(_ batch: [PartitionWrite], to generation: Generation) async throws -> Bool {
        try write(generation, batch.map(\.move)) { table throws(ReadModelError) in
            for write in batch {
                for row in write.upserts {
                    try row.checkTexts(generation.schema)
                    try table.checkSpread(row.key, write.partition)
                    table.rows[write.partition, default: [:]][RowKey(row.key)] = row
                }
                for key in write.deletes { table.rows[write.partition]?[RowKey(key)] = nil }
            }
        }
    }

    public func load(_ rows: any KeyOrderedRows, moving: [PositionMove], into generation: Generation) async throws -> Bool {
        var all: [PartitionRow] = []
        while case let next = try rows.next(), !next.isEmpty { all += next }
        return try write(generation, moving) { [all] table throws(ReadModelError) in
            for row in all {
                try row.row.checkTexts(generation.schema)
                table.rows[row.partition, default: [:]][RowKey(row.row.key)] = row.row
            }
        }
    }

    private func write(
        _ generation: Generation, _ moves: [PositionMove], _ change: (inout Table) throws(ReadModelError) -> Void
    ) throws -> Bool {
        let now = now()
        return try state.withLock { state throws(ReadModelError) in
            guard var table = state[generation], table.takesBatches(at: now) else { return false }
            for move in moves {
                guard table.positions[move.partition] == move.expected else { return false }
                table.positions[move.partition] = move.new
            }
            try change(&table)
            state[generation] = table
            return true
        }
    }

    // MARK: Reading

    public func withSnapshot<Result: Sendable>(
        of generation: Generation, _ body: (any GenerationSnapshot) async throws -> Result
    ) async throws -> Result {
        let table = state.withLock { $0[generation] }
        guard let table else { throw ReadModelError(.unknownProjection, "\(generation) is gone") }
        return try await body(InMemorySnapshot(positions: table.positions, all: table.allRows))
    }

    public func row(of projection: String, key: String) async throws -> QueryResult<StoredRow?> {
        let table = try state.withLock { state throws(ReadModelError) in try state.live(projection) }
        let kept = table.rows.values.compactMap { $0[RowKey(key)] }
        return try result(table, RowReduction.combine(kept, table.generation.schema))
    }

    public func rows(of projection: String, matching query: RowQuery) async throws -> QueryResult<[StoredRow]> {
        let table = try state.withLock { state throws(ReadModelError) in try state.live(projection) }
        let schema = table.generation.schema
        var groups: [RowKey: [StoredRow]] = [:]
        for rows in table.rows.values {
            for (key, row) in rows { groups[key, default: []].append(row) }
        }
        let combined = try groups.filter { key, _ in query.after.map { $0.precedesByBytes(key.text) } ?? true }
            .sorted { $0.key < $1.key }.compactMap { try RowReduction.combine($0.value, schema) }
        let matching = combined.lazy.filter { row in
            query.filters.allSatisfy { name, value in
                schema.columns.firstIndex { $0.name == name }.map { row.values[$0].isIdentical(to: value) } ?? false
            }
        }
        return result(table, Array(matching.prefix(query.limit)))
    }

    public func livePositions(of projection: String) async throws -> AppliedPositions {
        let table = try state.withLock { state throws(ReadModelError) in try state.live(projection) }
        return result(table, ()).positions
    }

    private func result<Value: Sendable>(_ table: Table, _ value: Value) -> QueryResult<Value> {
        QueryResult(
            value: value, schema: table.generation.schema,
            positions: AppliedPositions(topic: table.generation.topic, positions: table.positions))
    }
}

private struct InMemorySnapshot: GenerationSnapshot {
    let positions: [Partition: ChainPosition]
    let all: [PartitionRow]

    func rows(after last: PartitionRow?, limit: Int) async throws -> [PartitionRow] {
        // Binary search for the first row after the last.
        var low = 0
        var high = last == nil ? 0 : all.count
        while let last, low < high {
            let middle = (low + high) / 2
            if last.precedes(all[middle]) { high = middle } else { low = middle + 1 }
        }
        return Array(all[low..<min(low + limit, all.count)])
    }
}

extension BuildLease {
    fileprivate init(_ builder: String, for duration: Duration, from now: Timestamp) {
        self.init(builder: builder, expires: now.advanced(by: min(duration, Self.longest)), now: now)
    }
}
