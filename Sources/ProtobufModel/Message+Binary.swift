public import EventModel
public import SwiftProtobuf

extension Message {
    /// The binary form, with map entries in a fixed order, so that equal messages give equal bytes.
    ///
    /// - Precondition: the message is of proto3 and below protobuf's limit of 2 GiB, for which serialization cannot fail.
    var deterministicBytes: [UInt8] {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        do {
            return try serializedBytes(partial: true, options: options)
        } catch {
            preconditionFailure("a \(Self.protoMessageName) cannot be serialized: \(error)")
        }
    }

    /// Reads a slice of a batch where it stands, without copying it.
    @inlinable init(shared bytes: Bytes, _ options: BinaryDecodingOptions = BinaryDecodingOptions()) throws {
        try self.init(serializedBytes: bytes.span.bytes, options: options)
    }
}
