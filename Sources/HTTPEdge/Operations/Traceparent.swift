/// The header of W3C Trace Context, level 1.
enum Traceparent {
    /// Whether it may be passed on: version, trace id, parent id and flags in lower-case hexadecimal, no id all zeros; a version above 00
    /// may have more after them.
    static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let dash = UInt8(ascii: "-")
        let zero = UInt8(ascii: "0")
        guard (55...512).contains(bytes.count), bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), text.prefix(2) != "ff",
            bytes.count == 55 || (text.prefix(2) != "00" && bytes[55] == dash)
        else { return false }
        let fields = [bytes[0..<2], bytes[3..<35], bytes[36..<52], bytes[53..<55]]
        return fields.allSatisfy { $0.allSatisfy(isLowercaseHex) } && !fields[1].allSatisfy { $0 == zero }
            && !fields[2].allSatisfy { $0 == zero }
    }

    private static func isLowercaseHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
