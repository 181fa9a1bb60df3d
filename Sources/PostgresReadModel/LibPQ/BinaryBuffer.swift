/// Bytes in PostgreSQL's binary formats: numbers most significant byte first, each field after its length.
struct BinaryBuffer: Sendable {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(raw other: [UInt8]) { bytes.append(contentsOf: other) }

    // MARK: Fields

    mutating func appendNull() { append(-1 as Int32) }

    mutating func appendField(_ number: some FixedWidthInteger) {
        append(Int32(number.bitWidth / 8))
        append(number)
    }

    mutating func appendField(_ text: String) {
        append(Int32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// Puts `number` in the place of the four bytes at `index`.
    mutating func replace(at index: Int, with number: Int32) {
        withUnsafeBytes(of: number.bigEndian) { new in
            for offset in new.indices { bytes[index + offset] = new[offset] }
        }
    }
}
