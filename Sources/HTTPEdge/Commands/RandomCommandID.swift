public import EventModel

/// Ids for commands that bring none: random UUIDs (RFC 9562, version 4).
public enum RandomCommandID {
    @Sendable public static func make() -> CommandID {
        let high = UInt64.random(in: .min ... .max) & ~0xF000 | 0x4000
        let low = UInt64.random(in: .min ... .max) & ~(0b11 << 62) | 0b10 << 62
        let dash = UInt8(ascii: "-")
        let text = String(unsafeUninitializedCapacity: 36) { bytes in
            for index in 0..<32 {
                let word = index < 16 ? high : low
                let digit = UInt8(word >> UInt64(60 - index % 16 * 4) & 0xF)
                // A dash before the digits 8, 12, 16 and 20.
                let dashes = index < 8 ? 0 : min(4, index / 4 - 1)
                bytes[index + dashes] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            }
            (bytes[8], bytes[13], bytes[18], bytes[23]) = (dash, dash, dash, dash)
            return 36
        }
        return CommandID(trusted: text)
    }
}
