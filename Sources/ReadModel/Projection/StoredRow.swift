/// One row in no database's terms: its key, and its values in the order of the schema's columns.
public struct StoredRow: Hashable, Sendable {
    public let key: String
    public let values: [ColumnValue]

    public init(key: String, values: [ColumnValue]) {
        self.key = key
        self.values = values
    }

    /// Whether key and values are the same to the byte; `==` takes canonically equivalent texts for equal.
    public func isIdentical(to other: StoredRow) -> Bool {
        key.hasSameBytes(as: other.key) && values.count == other.values.count
            && zip(values, other.values).allSatisfy { $0.isIdentical(to: $1) }
    }
}

extension ColumnValue {
    /// Whether the values are the same to the byte.
    public func isIdentical(to other: ColumnValue) -> Bool {
        switch (self, other) {
        case (.text(let a), .text(let b)): a.hasSameBytes(as: b)
        default: self == other
        }
    }
}
