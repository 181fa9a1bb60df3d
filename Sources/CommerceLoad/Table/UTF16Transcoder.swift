/// Makes UTF-8 of UTF-16 as it comes. A byte order mark becomes UTF-8's.
///
/// Half a surrogate pair, and half a unit at the end, become bytes that are not UTF-8, so that their line is known to be damaged.
struct UTF16Transcoder {
    private let isLittleEndian: Bool
    /// The first byte of a unit whose second has not come.
    private var half: UInt8?
    /// The first unit of a surrogate pair whose second has not come.
    private var high: UInt16?

    /// - Parameter head: the first bytes, a mark or a character below U+0100.
    init(head: [UInt8]) { isLittleEndian = head.starts(with: [0xFF, 0xFE]) || head.count > 1 && head[1] == 0 }

    mutating func transcode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        for byte in bytes {
            guard let first = half else {
                half = byte
                continue
            }
            half = nil
            let unit = isLittleEndian ? UInt16(byte) << 8 | UInt16(first) : UInt16(first) << 8 | UInt16(byte)
            take(unit, &text)
        }
        return text
    }

    /// What is left at the end.
    mutating func end() -> [UInt8] {
        defer { (half, high) = (nil, nil) }
        return half == nil && high == nil ? [] : [Self.damage]
    }

    private mutating func take(_ unit: UInt16, _ text: inout [UInt8]) {
        if let first = high {
            high = nil
            if UTF16.isTrailSurrogate(unit) {
                let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(unit & 0x3FF))
                if let scalar = Unicode.Scalar(value) { text += Array(String(scalar).utf8) }
                return
            }
            text.append(Self.damage)
        }
        if UTF16.isLeadSurrogate(unit) {
            high = unit
        } else if unit < 0x80 {
            text.append(UInt8(unit))
        } else if let scalar = Unicode.Scalar(unit) {
            text += Array(String(scalar).utf8)
        } else {
            text.append(Self.damage)
        }
    }

    /// No UTF-8 text has it.
    private static let damage: UInt8 = 0xFF
}
