import EventLog
import EventModel

/// A fold of one partition's records into rows kept in memory, its types erased: one call through the existential a batch, none an event.
///
/// In this order for each batch: ``stage(_:)``, ``provide(_:)`` with the rows that were missing, ``fold()``. Changes gather until they are
/// taken out. For one task at a time.
protocol ProjectionFold: AnyObject, Sendable {
    /// Decodes the events that the projection knows, up to the first record that cannot be read, and finds their rows' keys.
    func stage(_ records: ArraySlice<ChainedRecord>) -> StagedBatch

    /// The rows that the staged events need and that are not in memory. Keys not given are taken to have no row.
    func provide(_ rows: [StoredRow]) throws(ReadModelError)

    /// Folds the staged events into their rows.
    func fold()

    /// The rows that changed since the last call, in key order, to be written.
    func takeChanges() throws(ReadModelError) -> RowChanges

    /// How many rows there are in memory.
    var rowCount: Int { get }

    /// About how much memory the rows take, and their written form when they are taken out.
    var estimatedBytes: Int { get }

    /// Forgets every row and what is staged; rows are asked for again from now on.
    func reset()

    /// Brings the rows in memory, all of which exist, in key order; for ``row(at:)``.
    func sortedByKey() -> [FoldedKey]

    /// The row found by ``sortedByKey()``.
    func row(at key: FoldedKey) throws(ReadModelError) -> StoredRow

    /// The row in memory that has this key.
    func row(forKey key: String) throws(ReadModelError) -> StoredRow?
}

/// What ``ProjectionFold/stage(_:)`` found.
struct StagedBatch {
    /// Events that the projection concerns itself with.
    var events = 0
    /// After the last record staged; nil where the first could not be.
    var position: ChainPosition?
    /// Keys whose rows must be provided.
    var missing: [String] = []
    /// The record that could not be read, which with all after it is not staged.
    var failure: ReadModelError?
}

struct RowChanges {
    var upserts: [StoredRow] = []
    var deletes: [String] = []
}

/// A key's place in a fold.
struct FoldedKey {
    let prefix: UInt64
    let key: RowKey
    let slot: Int

    func precedes(_ other: FoldedKey) -> Bool {
        prefix != other.prefix ? prefix < other.prefix : key < other.key
    }
}

/// Which keys a fold keeps: all, or those of one of several passes over the log.
struct KeyShare: Sendable {
    static let all = KeyShare(index: 0, count: 1)

    let index: Int
    let count: Int

    func contains(_ key: String) -> Bool {
        count == 1 || Int(RowDigest.hash(key) % UInt64(count)) == index
    }
}
