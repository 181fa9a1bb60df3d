import ReadModel

/// A live generation as it was last seen.
struct LiveTable: Sendable {
    let generation: Generation
    let table: PostgresTable
    /// The stored form of its schema, by which it is known again: numbers alone begin anew where a database is made anew.
    let storedSchema: String
}
