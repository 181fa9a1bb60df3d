public import EventLog

/// A database that keeps read models: the port that the engine is written against.
///
/// A projection's rows live in numbered generations; one of them is live, and readers see it through a view with the projection's plain
/// name. Each generation keeps, per partition, the position that its rows are the fold of, in the same database, so that rows and position
/// move in one transaction.
///
/// Laws, held by the conformance suite in HighwaterTesting for every adapter: a batch takes effect whole or not at all; a batch whose
/// expected position is not the stored one takes no effect; readers see one generation or the other, never none and never a mixture; a
/// view never goes back. Keys, texts and their order are compared by their UTF-8 bytes. Errors are ``ReadModelError``s.
public protocol ReadModelStore: Sendable {
    /// Names the store in messages and metrics: `sqlite`, `postgres`.
    var name: String { get }

    /// Tells this database from every other, in letters and digits; nil where there is but one. Workers of one projection share partitions
    /// only with those of the same database: two databases with one identity would each get a part of the events.
    var identity: String? { get }

    /// Whether the store answers: what its adapter knows from the work of the last moments, or else from asking it.
    ///
    /// - Parameter limit: bounds the asking. A store that is known not to answer is not asked again, and told of at once.
    func availability(within limit: Duration) async -> StoreAvailability

    /// Which database it is: another number once the one that was open was found to be removed or replaced, and what is at its place was
    /// opened. What workers know of the former says nothing of it. Nil for a store whose database cannot be replaced under it.
    func incarnation() async throws -> Int?

    // MARK: Generations

    /// All generations of a projection, oldest first.
    func generations(of projection: String) async throws -> [Generation]

    /// Makes an empty generation for the schema, with every partition's position at the beginning.
    ///
    /// - Throws: ``ReadModelError`` `rebuildInProgress` where one is being built by somebody else.
    func createGeneration(_ schema: TableSchema, topic: Topic, partitions: Int, purpose: GenerationPurpose) async throws -> Generation

    /// Takes or extends the lease on a generation that is not live: for so long from now, by the store's clock, at most
    /// ``BuildLease/longest``.
    ///
    /// - Returns: false where the generation is gone, live, or leased to another builder.
    func renew(_ builder: String, for duration: Duration, on generation: Generation) async throws -> Bool

    /// Makes a generation that is filled `ready`, and keeps it leased, as ``renew(_:for:on:)`` does, in one step: nobody can take it on between.
    func markReady(_ generation: Generation, keptBy builder: String, for duration: Duration) async throws -> Bool

    /// Gives up the lease: a generation that was building is `ready`, a retired one is as it was.
    func finish(_ generation: Generation) async throws

    /// Drops the generations of a projection that are abandoned.
    ///
    /// - Returns: their numbers.
    func dropAbandoned(of projection: String) async throws -> [Int]

    /// Makes `generation` the live one, in one transaction; the live one before it becomes `retired`, for rollback. Ends its lease and every
    /// hold.
    ///
    /// - Parameter evenIfBehind: whether readers may be sent back, as when the log is not the one that the live rows were made from.
    /// - Returns: false, having changed nothing, where the live generation is ahead of it in some partition, or it is gone.
    /// - Throws: ``ReadModelError`` `blocked`, having changed nothing, where readers' transactions do not let go of the view. Other readers
    ///   have waited for some tenths of a second then, so it is not to be tried again at once.
    func activate(_ generation: Generation, evenIfBehind: Bool) async throws -> Bool

    /// Keeps the live generation where it is: for so long from now, by the store's clock, at most ``Generation/longestHold``, no batch takes
    /// effect in it. For the last steps of a swap that cannot overtake the workers otherwise. Nil ends it.
    func hold(_ generation: Generation, for duration: Duration?) async throws

    /// Removes a generation; a live one stays.
    func drop(_ generation: Generation) async throws

    // MARK: Writing

    /// Every partition's position; empty where the generation is gone.
    func positions(of generation: Generation) async throws -> [Partition: ChainPosition]

    /// The rows with these keys, as each partition keeps them, in any order; absent ones are left out.
    func rows(in generation: Generation, keys: [Partition: [String]]) async throws -> [Partition: [StoredRow]]

    /// Writes a batch in one transaction: rows, deletions, and each partition's position by compare-and-set.
    ///
    /// - Returns: false, having changed nothing, where a stored position is not the expected one, or the generation is gone, held, or
    ///   neither live nor leased: somebody else moved it, or a swap came between.
    func apply(_ batch: [PartitionWrite], to generation: Generation) async throws -> Bool

    /// Loads rows in bulk into a generation that is being built and holds none of their keys for their partitions, in one transaction with
    /// the positions, which move by compare-and-set as with ``apply(_:to:)``.
    func load(_ rows: any KeyOrderedRows, moving: [PositionMove], into generation: Generation) async throws -> Bool

    // MARK: Verifying

    /// Reads all rows of a generation and the positions they are the fold of, while it goes on changing.
    ///
    /// - Throws: `unknownProjection` where the generation is gone.
    func withSnapshot<Result: Sendable>(
        of generation: Generation, _ body: (any GenerationSnapshot) async throws -> Result
    ) async throws -> Result

    // MARK: Querying

    /// One row of the live generation, and the positions it was read at.
    ///
    /// - Throws: `unknownProjection` where no generation is live.
    func row(of projection: String, key: String) async throws -> QueryResult<StoredRow?>

    /// Rows of the live generation in key order.
    func rows(of projection: String, matching query: RowQuery) async throws -> QueryResult<[StoredRow]>

    /// The live generation's positions alone.
    func livePositions(of projection: String) async throws -> AppliedPositions
}

extension ReadModelStore {
    public var identity: String? { nil }

    public func incarnation() async throws -> Int? { nil }

    /// Of a store that cannot be out of reach.
    public func availability(within limit: Duration) async -> StoreAvailability { .reachable }

    /// The consumer group of a projection's workers on this database: `order-summary.projectors`, with the database's identity behind it.
    public func group(of projection: String) -> String {
        "\(projection).projectors" + (identity.map { ".\($0)" } ?? "")
    }
}
