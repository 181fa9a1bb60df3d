public import EventModel

/// A value of one column, in no database's terms.
public enum ColumnValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)
    case timestamp(Timestamp)
}

/// A stored value that is not of its column's type: the table was made by another version, or changed by hand.
public struct UnexpectedColumnValue: Error, Hashable, CustomStringConvertible {
    public let column: String
    public let value: ColumnValue

    public var description: String { "column '\(column)' holds \(value), which is not of its type" }
}

extension ColumnValue {
    func integer(_ column: String) throws(UnexpectedColumnValue) -> Int64 {
        guard case .integer(let value) = self else { throw UnexpectedColumnValue(column: column, value: self) }
        return value
    }

    func text(_ column: String) throws(UnexpectedColumnValue) -> String {
        guard case .text(let value) = self else { throw UnexpectedColumnValue(column: column, value: self) }
        return value
    }

    func timestamp(_ column: String) throws(UnexpectedColumnValue) -> Timestamp {
        guard case .timestamp(let value) = self else { throw UnexpectedColumnValue(column: column, value: self) }
        return value
    }
}
