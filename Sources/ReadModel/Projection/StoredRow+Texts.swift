extension StoredRow {
    /// - Throws: `unsupportedValue` for text with NUL, which PostgreSQL cannot hold and SQLite's tools cut off.
    package func checkTexts(_ schema: TableSchema) throws(ReadModelError) {
        try checkTexts(schema.projection, keyColumn: schema.key.name, columnNames: { schema.columns[$0].name })
    }

    @usableFromInline func checkTexts(_ projection: ProjectionID, keyColumn: String, columnNames: (Int) -> String) throws(ReadModelError) {
        if key.hasNUL {
            throw ReadModelError(
                .unsupportedValue, "'\(projection.name)': a key in '\(keyColumn)' has a NUL character, which cannot be stored")
        }
        for (index, value) in values.enumerated() {
            if case .text(let text) = value, text.hasNUL {
                throw ReadModelError(
                    .unsupportedValue,
                    "'\(projection.name)': column '\(columnNames(index))' of row '\(key)' has a NUL character, which cannot be stored")
            }
        }
    }
}

extension String {
    package var hasNUL: Bool {
        utf8.withContiguousStorageIfAvailable { $0.contains(0) } ?? utf8.contains(0)
    }
}
