public import EventModel

/// A value of one column, in no database's terms.
public enum ColumnValue: Hashable, Sendable {
    case null
    case integer(Int64)
    /// A number that 64 bits do not hold, and none that they do: made by ``number(_:)``. Boxed, so that the usual value stays small.
    indirect case wide(Int128)
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
    /// A whole number, as ``integer(_:)`` where 64 bits hold it: equal numbers are equal values.
    public static func number(_ number: Int128) -> ColumnValue { Int64(exactly: number).map { .integer($0) } ?? .wide(number) }

    /// The whole number; nil for any other value.
    package var number: Int128? {
        switch self {
        case .integer(let number): Int128(number)
        case .wide(let number): number
        default: nil
        }
    }

    func integer(_ column: String) throws(UnexpectedColumnValue) -> Int64 {
        guard case .integer(let value) = self else { throw UnexpectedColumnValue(column: column, value: self) }
        return value
    }

    func wideInteger(_ column: String) throws(UnexpectedColumnValue) -> Int128 {
        guard let number else { throw UnexpectedColumnValue(column: column, value: self) }
        return number
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
