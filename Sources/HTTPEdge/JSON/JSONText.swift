import NIOCore

/// Writes JSON (RFC 8259) into a buffer. What it is given as a string or a number is valid whatever it holds; punctuation and order are
/// the caller's.
///
/// By hand, since the answer to a command is written for every command: no tree, no reflection, no allocation but the buffer.
struct JSONText {
    private(set) var buffer: ByteBuffer

    init(capacity: Int = 512) { buffer = ByteBufferAllocator().buffer(capacity: capacity) }

    /// Punctuation and names that are known to need no escaping.
    mutating func raw(_ text: StaticString) { buffer.writeStaticString(text) }

    /// A text that is JSON already.
    mutating func json(_ text: String) { buffer.writeString(text) }

    mutating func integer(_ number: Int64) { buffer.writeString(String(number)) }

    mutating func bool(_ flag: Bool) { raw(flag ? "true" : "false") }

    mutating func string(_ text: String) {
        raw("\"")
        var text = text
        text.withUTF8 { bytes in
            var written = 0
            for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                buffer.writeBytes(UnsafeBufferPointer(rebasing: bytes[written..<index]))
                escape(byte)
                written = index + 1
            }
            buffer.writeBytes(UnsafeBufferPointer(rebasing: bytes[written...]))
        }
        raw("\"")
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case 0x08: raw("\\b")
        case 0x09: raw("\\t")
        case 0x0A: raw("\\n")
        case 0x0C: raw("\\f")
        case 0x0D: raw("\\r")
        default:
            raw(byte < 0x10 ? "\\u000" : "\\u00")
            buffer.writeString(String(byte, radix: 16))
        }
    }
}
