public import EventLog
import EventModel

/// A fold of one partition's records into rows kept in memory, its types erased: one call through a closure a batch, none an event.
///
/// A struct of closures and no protocol, since a closure is compiled for the types that it was made with, and the witnesses of a generic
/// class are not. (Measured: two to three times the events per second.)
///
/// In this order for each batch: ``stage(_:)``, ``provide(_:)`` with the rows that were missing, ``fold()``. Changes gather until they are
/// taken out. For one task at a time.
@usableFromInline struct ProjectionFold: Sendable {
    /// Decodes the events that the projection knows, up to the first record that cannot be read, and finds their rows' keys.
    let stage: @Sendable (_ records: ArraySlice<ChainedRecord>) -> StagedBatch

    /// The rows that the staged events need and that are not in memory. Keys not given are taken to have no row.
    let provide: @Sendable (_ rows: [StoredRow]) throws(ReadModelError) -> Void

    /// Folds the staged events into their rows.
    let fold: @Sendable () -> Void

    /// The rows that changed since the last call, in key order, to be written.
    let takeChanges: @Sendable () throws(ReadModelError) -> RowChanges

    /// Forgets every row and what is staged; rows are asked for again from now on.
    let reset: @Sendable () -> Void

    /// Brings the rows in memory, all of which exist, in key order; for ``rowsAt``.
    let sortedByKey: @Sendable () -> [FoldedKey]

    private let size: @Sendable () -> (rows: Int, bytes: Int)
    private let rowsAt: @Sendable (_ keys: ArraySlice<FoldedKey>, _ take: (StoredRow) -> Void) throws(ReadModelError) -> Void

    @usableFromInline init(
        stage: @escaping @Sendable (ArraySlice<ChainedRecord>) -> StagedBatch,
        provide: @escaping @Sendable ([StoredRow]) throws(ReadModelError) -> Void, fold: @escaping @Sendable () -> Void,
        takeChanges: @escaping @Sendable () throws(ReadModelError) -> RowChanges, reset: @escaping @Sendable () -> Void,
        sortedByKey: @escaping @Sendable () -> [FoldedKey], size: @escaping @Sendable () -> (rows: Int, bytes: Int),
        rowsAt: @escaping @Sendable (ArraySlice<FoldedKey>, (StoredRow) -> Void) throws(ReadModelError) -> Void
    ) {
        self.stage = stage
        self.provide = provide
        self.fold = fold
        self.takeChanges = takeChanges
        self.reset = reset
        self.sortedByKey = sortedByKey
        self.size = size
        self.rowsAt = rowsAt
    }

    /// How many rows there are in memory.
    var rowCount: Int { size().rows }

    /// About how much memory the rows take, and their written form when they are taken out.
    var estimatedBytes: Int { size().bytes }

    /// Gives the rows found by ``sortedByKey``, in the order of `keys`.
    func rows(at keys: ArraySlice<FoldedKey>, _ take: (StoredRow) -> Void) throws(ReadModelError) { try rowsAt(keys, take) }
}

/// What ``ProjectionFold/stage(_:)`` found.
@usableFromInline struct StagedBatch {
    /// Events that the projection concerns itself with.
    @usableFromInline var events = 0
    /// After the last record staged; nil where the first could not be.
    @usableFromInline var position: ChainPosition?
    /// Keys whose rows must be provided.
    @usableFromInline var missing: [String] = []
    /// The record that could not be read, which with all after it is not staged.
    @usableFromInline var failure: ReadModelError?

    @usableFromInline init() {}
}

@usableFromInline struct RowChanges {
    @usableFromInline var upserts: [StoredRow] = []
    @usableFromInline var deletes: [String] = []

    @usableFromInline init() {}
}

/// A key's place in a fold.
@usableFromInline struct FoldedKey {
    @usableFromInline let prefix: UInt64
    @usableFromInline let key: RowKey
    @usableFromInline let slot: Int

    @inlinable init(_ key: RowKey, slot: Int) {
        prefix = key.prefix
        self.key = key
        self.slot = slot
    }

    @inlinable func precedes(_ other: FoldedKey) -> Bool {
        prefix != other.prefix ? prefix < other.prefix : key < other.key
    }
}

/// Which keys a fold keeps: all, or those of one of several passes over the log.
@usableFromInline struct KeyShare: Sendable {
    static let all = KeyShare(index: 0, count: 1)

    @usableFromInline let index: Int
    @usableFromInline let count: Int

    @inlinable func contains(_ key: String) -> Bool { count == 1 || holds(key) }

    @usableFromInline func holds(_ key: String) -> Bool { Int(RowDigest.hash(key) % UInt64(count)) == index }
}
