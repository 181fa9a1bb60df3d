import EventModel

/// A 64-bit digest of rows: of one by its bytes, of many as a sum, so that the order does not matter. FNV-1a with a finaliser
/// (MurmurHash3's fmix64); stable across processes and versions, but no defence against someone who means harm.
struct RowDigest {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    static func hash(_ text: String) -> UInt64 {
        var digest = RowDigest()
        digest.add(text)
        return digest.value
    }

    static func hash(_ row: StoredRow) -> UInt64 {
        var digest = RowDigest()
        digest.add(row.key)
        for value in row.values {
            switch value {
            case .null: digest.add(byte: 0)
            case .integer(let number):
                digest.add(byte: 1)
                digest.add(number)
            case .wide(let number):
                digest.add(byte: 4)
                digest.add(Int64(truncatingIfNeeded: number))
                digest.add(Int64(truncatingIfNeeded: number >> 64))
            case .text(let text):
                digest.add(byte: 2)
                digest.add(text)
            case .timestamp(let instant):
                digest.add(byte: 3)
                digest.add(instant.microseconds)
            }
        }
        return digest.value
    }

    private mutating func add(byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }

    private mutating func add(_ number: Int64) {
        for shift in stride(from: 0, to: 64, by: 8) { add(byte: UInt8(truncatingIfNeeded: number >> Int64(shift))) }
    }

    private mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte: byte) }
        add(byte: 0xFF)  // no byte of UTF-8, so that texts end where they end
    }

    private var value: UInt64 {
        var hash = state
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ (hash >> 33)
    }
}
