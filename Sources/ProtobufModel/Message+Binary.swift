import EventModel
import SwiftProtobuf

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

    init(shared bytes: Bytes) throws {
        try self.init(serializedBytes: SharedBytes(bytes))
    }
}
