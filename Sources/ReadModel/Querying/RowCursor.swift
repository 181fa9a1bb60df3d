/// Where a page of rows ended, as text that callers hand back and do not read: base64url (RFC 4648 §5, no padding) of a version byte and
/// the last key.
enum RowCursor {
    private static let version: UInt8 = 1
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ key: String) -> String {
        let bytes = [version] + Array(key.utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 4 / 3 + 3)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for i in 0..<3 { bits = bits << 8 | UInt32(i < group.count ? group[start + i] : 0) }
            for i in 0...group.count { text.append(alphabet[Int(bits >> UInt32(18 - 6 * i)) & 63]) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A place in the order of keys, which need not be a row's: bytes that no key has are read as what is nearest. Nil where `cursor` has not
    /// the form that ``encode(_:)`` gives.
    static func decode(_ cursor: String) -> String? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in cursor.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        guard count < 6, bits == 0, bytes.first == version else { return nil }
        return String(decoding: bytes.dropFirst().prefix { $0 != 0 }, as: UTF8.self)
    }
}
