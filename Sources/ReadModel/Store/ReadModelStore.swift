public import EventLog

/// A database that keeps read models: the port that the engine is written against.
///
/// A projection's rows live in numbered generations; one of them is live, and readers see it through a view with the projection's plain
/// name. Each generation keeps, per partition, the position that its rows are the fold of, in the same database, so that rows and position
/// move in one transaction.
///
/// Laws, held by the conformance suite in HighwaterTesting for every adapter: a batch takes effect whole or not at all; a batch whose
/// expected position is not the stored one takes no effect; readers see one generation or the other, never none and never a mixture.
public protocol ReadModelStore: Sendable {
    /// Names the store in messages and metrics: `sqlite`, `postgres`.
    var name: String { get }

    // MARK: Generations

    /// All generations of a projection, oldest first.
    func generations(of projection: String) async throws -> [Generation]

    /// Makes an empty generation for the schema, in state `building`, with every partition's position at the beginning.
    ///
    /// - Throws: ``ReadModelError`` `rebuildInProgress` where one is being built by somebody else.
    func createGeneration(_ schema: TableSchema, topic: Topic, partitions: Int, purpose: GenerationPurpose) async throws -> Generation

    /// Makes `generation` the live one, in one transaction; the live one before it becomes `retired`, for rollback.
    func activate(_ generation: Generation) async throws

    /// Removes a generation that is not live.
    func drop(_ generation: Generation) async throws

    // MARK: Writing

    func positions(of generation: Generation) async throws -> [Partition: ChainPosition]

    /// The rows with these keys, as `partition` keeps them; absent ones are left out.
    func rows(in generation: Generation, partition: Partition, keys: [String]) async throws -> [StoredRow]

    /// Writes a batch in one transaction: rows, deletions, and each partition's position by compare-and-set.
    ///
    /// - Returns: false, having changed nothing, where a stored position is not the expected one: somebody else moved it, or the generation
    ///   is gone.
    func apply(_ batch: [PartitionWrite], to generation: Generation) async throws -> Bool

    /// Loads rows in bulk into a generation that is being built, whose table holds none of the keys for these partitions; `rows` come in
    /// key order. Positions move with the rows, by compare-and-set, as with ``apply(_:to:)``.
    func load(_ batch: [PartitionWrite], into generation: Generation) async throws -> Bool

    // MARK: Verifying

    /// Every row that `partition` keeps, in key order, with the position they are the fold of, from one snapshot. `body` is called with
    /// runs of rows.
    func snapshot(
        of generation: Generation, partition: Partition, _ body: (_ rows: [StoredRow]) async throws -> Void
    ) async throws -> ChainPosition

    // MARK: Querying

    /// One row of the live generation, and the positions it was read at.
    func row(of projection: String, key: String) async throws -> QueryResult<StoredRow?>

    /// Rows of the live generation in key order.
    func rows(of projection: String, matching query: RowQuery) async throws -> QueryResult<[StoredRow]>

    /// The live generation's positions alone.
    func livePositions(of projection: String) async throws -> AppliedPositions
}
