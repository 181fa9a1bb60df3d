import EventLog
import EventModel

/// A store whose passing faults a rebuild does not see. Where an answer is lost, what the store holds tells what has happened: positions
/// are moved by compare-and-set, so a write has taken effect where they stand as it would have left them, and not where they stand as
/// before.
struct PatientStore: ReadModelStore {
    let store: any ReadModelStore
    let patience: Patience

    var name: String { store.name }

    func availability(within limit: Duration) async -> StoreAvailability { await store.availability(within: limit) }

    func incarnation() async throws -> Int? { try await store.incarnation() }

    func generations(of projection: String) async throws -> [Generation] {
        try await patience.run { try await store.generations(of: projection) }
    }

    func createGeneration(
        _ schema: TableSchema, topic: Topic, partitions: Int, purpose: GenerationPurpose
    ) async throws -> Generation {
        try await patience.run {
            guard case .rebuild(let builder, _) = purpose else { return nil }
            return try await store.generations(of: schema.projection.name).first {
                $0.state == .building && $0.lease?.builder == builder
            }
        } _: {
            try await store.createGeneration(schema, topic: topic, partitions: partitions, purpose: purpose)
        }
    }

    func renew(_ builder: String, for duration: Duration, on generation: Generation) async throws -> Bool {
        try await patience.run { try await store.renew(builder, for: duration, on: generation) }
    }

    func markReady(_ generation: Generation, keptBy builder: String, for duration: Duration) async throws -> Bool {
        try await patience.run { try await store.markReady(generation, keptBy: builder, for: duration) }
    }

    func dropAbandoned(of projection: String) async throws -> [Int] {
        try await patience.run { try await store.dropAbandoned(of: projection) }
    }

    func finish(_ generation: Generation) async throws { try await patience.run { try await store.finish(generation) } }

    /// Answers true for one that is live already. One that is blocked is the caller's to try again.
    func activate(_ generation: Generation, evenIfBehind: Bool) async throws -> Bool {
        try await patience.run { try await store.activate(generation, evenIfBehind: evenIfBehind) }
    }

    func hold(_ generation: Generation, for duration: Duration?) async throws {
        try await patience.run { try await store.hold(generation, for: duration) }
    }

    func drop(_ generation: Generation) async throws { try await patience.run { try await store.drop(generation) } }

    func positions(of generation: Generation) async throws -> [Partition: ChainPosition] {
        try await patience.run { try await store.positions(of: generation) }
    }

    func rows(in generation: Generation, keys: [Partition: [String]]) async throws -> [Partition: [StoredRow]] {
        try await patience.run { try await store.rows(in: generation, keys: keys) }
    }

    func apply(_ batch: [PartitionWrite], to generation: Generation) async throws -> Bool {
        try await patience.run {
            try await outcome(of: batch.map(\.move), in: generation)
        } _: {
            try await store.apply(batch, to: generation)
        }
    }

    func load(_ rows: any KeyOrderedRows, moving: [PositionMove], into generation: Generation) async throws -> Bool {
        try await store.load(rows, moving: moving, into: generation)
    }

    /// - Parameter rows: makes the rows anew for each attempt.
    func load(_ rows: () -> any KeyOrderedRows, moving: [PositionMove], into generation: Generation) async throws -> Bool {
        try await patience.run {
            try await outcome(of: moving, in: generation)
        } _: {
            try await store.load(rows(), moving: moving, into: generation)
        }
    }

    /// Nil where the write has not taken effect and may be tried again.
    private func outcome(of moves: [PositionMove], in generation: Generation) async throws -> Bool? {
        let stands = try await store.positions(of: generation)
        if moves.allSatisfy({ stands[$0.partition] == $0.new }) { return true }
        return moves.allSatisfy { stands[$0.partition] == $0.expected } ? nil : false
    }

    /// Not tried again by itself: what was read of a snapshot that failed is of no use.
    func withSnapshot<Result: Sendable>(
        of generation: Generation, _ body: (any GenerationSnapshot) async throws -> Result
    ) async throws -> Result {
        try await store.withSnapshot(of: generation, body)
    }

    func row(of projection: String, key: String) async throws -> QueryResult<StoredRow?> {
        try await store.row(of: projection, key: key)
    }

    func rows(of projection: String, matching query: RowQuery) async throws -> QueryResult<[StoredRow]> {
        try await store.rows(of: projection, matching: query)
    }

    func livePositions(of projection: String) async throws -> AppliedPositions { try await store.livePositions(of: projection) }
}
