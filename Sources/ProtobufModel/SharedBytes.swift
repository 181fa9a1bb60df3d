import EventModel
import SwiftProtobuf

/// Lets SwiftProtobuf read a slice of a batch where it stands, without copying it.
struct SharedBytes: SwiftProtobufContiguousBytes {
    var slice: Bytes

    init(_ slice: Bytes) { self.slice = slice }
    init(repeating byte: UInt8, count: Int) { slice = Bytes(repeating: byte, count: count) }
    init<S: Sequence>(_ sequence: S) where S.Element == UInt8 { slice = Bytes(sequence) }

    var count: Int { slice.count }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try slice.withUnsafeBytes(body)
    }

    mutating func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
        try slice.withUnsafeMutableBytes(body)
    }
}
