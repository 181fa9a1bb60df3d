/// A row's key, compared by its UTF-8 bytes as databases do. (Swift's strings are equal where they are canonically equivalent: `é` and
/// `e` with a combining accent would be one key here and two in the table.)
@usableFromInline struct RowKey: Hashable, Comparable, Sendable {
    @usableFromInline let text: String

    @inlinable init(_ text: String) { self.text = text }

    @inlinable static func == (a: Self, b: Self) -> Bool { a.text.hasSameBytes(as: b.text) }
    @inlinable static func < (a: Self, b: Self) -> Bool { a.text.precedesByBytes(b.text) }

    @inlinable func hash(into hasher: inout Hasher) {
        if text.utf8.withContiguousStorageIfAvailable({ hasher.combine(bytes: UnsafeRawBufferPointer($0)) }) == nil {
            for byte in text.utf8 { hasher.combine(byte) }
        }
    }

    /// The first eight bytes as a number that orders as they do.
    @inlinable var prefix: UInt64 {
        var prefix: UInt64 = 0
        var shift = 56
        for byte in text.utf8 {
            prefix |= UInt64(byte) << UInt64(shift)
            shift -= 8
            if shift < 0 { break }
        }
        return prefix
    }
}

extension String {
    @inlinable package func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let isSame = utf8.withContiguousStorageIfAvailable { mine in
            other.utf8.withContiguousStorageIfAvailable { mine.elementsEqual($0) }
        }
        return isSame.flatMap { $0 } ?? utf8.elementsEqual(other.utf8)
    }

    /// Order of UTF-8 bytes, which is that of Unicode scalars and of the databases' binary collation.
    @inlinable package func precedesByBytes(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}
