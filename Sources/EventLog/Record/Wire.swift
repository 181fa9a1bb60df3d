import EventModel

/// Bytes that are not the protobuf wire form they should be.
public struct WireError: Error, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Writes protobuf's wire form (protobuf.dev/programming-guides/encoding): varints and length-delimited fields, which is all that records
/// need. As proto3 does, a field with its type's default value is left out.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func integer(_ field: Int, _ value: Int64) {
        guard value != 0 else { return }
        varint(UInt64(field << 3 | WireField.varint))
        varint(UInt64(bitPattern: value))
    }

    mutating func text(_ field: Int, _ value: String) {
        guard !value.isEmpty else { return }
        varint(UInt64(field << 3 | WireField.delimited))
        varint(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    mutating func data(_ field: Int, _ value: Bytes) {
        guard !value.isEmpty else { return }
        varint(UInt64(field << 3 | WireField.delimited))
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func message(_ field: Int, _ write: (inout WireWriter) -> Void) {
        var inner = WireWriter()
        write(&inner)
        varint(UInt64(field << 3 | WireField.delimited))
        varint(UInt64(inner.bytes.count))
        bytes.append(contentsOf: inner.bytes)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

struct WireField {
    static let varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5

    let number: Int
    let type: Int

    var isVarint: Bool { type == Self.varint }
}

/// Reads protobuf's wire form; unknown fields can be skipped. For use within the scope of the buffer it reads.
struct WireReader {
    /// The whole of what is read, of which messages within messages are ranges.
    private let buffer: UnsafeRawBufferPointer
    private var index: Int
    private let end: Int

    init(_ buffer: UnsafeRawBufferPointer) { self.init(buffer, 0..<buffer.count) }

    init(_ buffer: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.buffer = buffer
        index = range.lowerBound
        end = range.upperBound
    }

    mutating func nextField() throws(WireError) -> WireField? {
        guard index < end else { return nil }
        let tag = try varint()
        guard tag >> 3 > 0, tag >> 3 <= 536_870_911 else { throw WireError("a field number out of range") }
        return WireField(number: Int(tag >> 3), type: Int(tag & 7))
    }

    mutating func integer(_ field: WireField) throws(WireError) -> Int64 {
        guard field.type == WireField.varint else { throw WireError("field \(field.number) is no integer") }
        return Int64(bitPattern: try varint())
    }

    /// Where the field's bytes are in the buffer.
    mutating func range(_ field: WireField) throws(WireError) -> Range<Int> {
        guard field.type == WireField.delimited else { throw WireError("field \(field.number) has no length") }
        let count = try varint()
        guard count <= UInt64(end - index) else { throw WireError("field \(field.number) is longer than what is there") }
        defer { index += Int(count) }
        return index..<index + Int(count)
    }

    mutating func message(_ field: WireField) throws(WireError) -> WireReader { WireReader(buffer, try range(field)) }

    mutating func text(_ field: WireField) throws(WireError) -> String {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[try range(field)])
        // Most are ASCII, which is decoded without more ado.
        if bytes.isASCII { return String(decoding: bytes, as: UTF8.self) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw WireError("field \(field.number) is not UTF-8") }
        return text
    }

    /// Checks a text and goes past it.
    mutating func checkText(_ field: WireField) throws(WireError) {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[try range(field)])
        if bytes.isASCII { return }
        if String(validating: bytes, as: UTF8.self) == nil { throw WireError("field \(field.number) is not UTF-8") }
    }

    mutating func skip(_ field: WireField) throws(WireError) {
        switch field.type {
        case WireField.varint: _ = try varint()
        case WireField.delimited: _ = try range(field)
        case WireField.fixed64: try advance(8)
        case WireField.fixed32: try advance(4)
        default: throw WireError("field \(field.number) has the unknown wire type \(field.type)")
        }
    }

    private mutating func advance(_ count: Int) throws(WireError) {
        guard count <= end - index else { throw WireError("the end is missing") }
        index += count
    }

    private mutating func varint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while index < end {
            let byte = buffer[index]
            index += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 64 else { throw WireError("a number longer than 64 bits") }
        }
        throw WireError("the end is missing")
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var isASCII: Bool {
        var index = 0
        while index + 8 <= count {
            if loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
            index += 8
        }
        while index < count {
            if self[index] >= 0x80 { return false }
            index += 1
        }
        return true
    }

    /// Compares eight bytes at a time.
    func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        while index + 8 <= count {
            if loadUnaligned(fromByteOffset: index, as: UInt64.self) != other.loadUnaligned(fromByteOffset: index, as: UInt64.self) {
                return false
            }
            index += 8
        }
        while index < count {
            if self[index] != other[index] { return false }
            index += 1
        }
        return true
    }
}
