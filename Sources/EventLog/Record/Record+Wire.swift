public import EventModel

// The wire form of Schemas/highwater/log/v1/record.proto, written and read by hand: every reader decodes every record, and this way the
// payloads stay slices of the batch they came in, without a copy. That it is protobuf's own form is under test.

extension Record {
    private enum Field {
        static let claim = 1, commit = 2
    }

    public var encoded: [UInt8] {
        var writer = WireWriter()
        switch self {
        case .claim(let claim): writer.message(Field.claim, claim.write)
        case .commit(let commit): writer.message(Field.commit, commit.write)
        }
        return writer.bytes
    }

    public init(encoded: Bytes) throws(WireError) {
        var types = EventTypeCache()
        try self.init(encoded: encoded, types: &types)
    }

    /// - Parameter types: the types met before, so that each is one string however many events have it.
    init(encoded: Bytes, types: inout EventTypeCache) throws(WireError) {
        self = try encoded.span.bytes.withUnsafeBytes { buffer throws(WireError) in try Record(encoded, buffer, &types) }
    }

    /// The record, if it is valid as the chain's next; nil where it is void, whatever else it may hold.
    init?(encoded: Bytes, admittedBy chain: inout ChainRule, types: inout EventTypeCache) throws(WireError) {
        let record = try encoded.span.bytes.withUnsafeBytes { buffer throws(WireError) in
            chain.admit(RecordHeader(buffer)) ? try Record(encoded, buffer, &types) : nil
        }
        guard let record else { return nil }
        self = record
    }

    private init(_ encoded: Bytes, _ buffer: UnsafeRawBufferPointer, _ types: inout EventTypeCache) throws(WireError) {
        var reader = WireReader(buffer)
        var record: Record?
        while let field = try reader.nextField() {
            switch field.number {
            case Field.claim: record = .claim(try Claim(wire: try reader.message(field)))
            case Field.commit: record = .commit(try Commit(encoded, buffer, try reader.range(field), &types))
            default: try reader.skip(field)
            }
        }
        guard let record else { throw WireError("neither a claim nor a commit") }
        self = record
    }
}

extension RecordHeader {
    /// Reads the header alone; nil where the bytes are no record.
    public init?(encoded: Bytes) {
        let header = encoded.withUnsafeBytes { RecordHeader($0) }
        guard let header else { return nil }
        self = header
    }

    fileprivate init?(_ buffer: UnsafeRawBufferPointer) {
        var reader = WireReader(buffer)
        guard let field = try? reader.nextField(), field.number == 1 || field.number == 2, var inner = try? reader.message(field) else {
            return nil
        }
        var epoch: Int64 = 0
        var sequence: Int64 = 0
        // Epoch and sequence are written first.
        while let field = try? inner.nextField(), field.number <= 2, field.isVarint {
            guard let value = try? inner.integer(field) else { return nil }
            if field.number == 1 { epoch = value } else { sequence = value }
            if field.number == 2 { break }
        }
        self = field.number == 1 ? .claim(Epoch(epoch)) : .commit(Epoch(epoch), CommitSequence(sequence))
    }
}

extension Claim {
    private enum Field {
        static let epoch = 1, partitions = 3, writer = 4, at = 5
    }

    fileprivate func write(_ writer: inout WireWriter) {
        writer.integer(Field.epoch, epoch.rawValue)
        writer.integer(Field.partitions, Int64(partitions))
        writer.text(Field.writer, self.writer)
        writer.integer(Field.at, at.microseconds)
    }

    fileprivate init(wire: WireReader) throws(WireError) {
        self.init(epoch: .zero, writer: "", at: Timestamp(microseconds: 0), partitions: 0)
        var reader = wire
        while let field = try reader.nextField() {
            switch field.number {
            case Field.epoch: epoch = Epoch(try reader.integer(field))
            case Field.partitions: partitions = Int32(truncatingIfNeeded: try reader.integer(field))
            case Field.writer: writer = try reader.text(field)
            case Field.at: at = Timestamp(microseconds: try reader.integer(field))
            default: try reader.skip(field)
            }
        }
    }
}

extension Commit {
    private enum Field {
        static let epoch = 1, sequence = 2, stream = 3, firstVersion = 4, commandID = 5, commandDigest = 6, correlationID = 7
        static let causationID = 8, actor = 9, at = 10, traceparent = 11, events = 12
    }

    fileprivate func write(_ writer: inout WireWriter) {
        writer.integer(Field.epoch, epoch.rawValue)
        writer.integer(Field.sequence, sequence.rawValue)
        writer.text(Field.stream, stream.description)
        writer.integer(Field.firstVersion, firstVersion.rawValue)
        writer.text(Field.commandID, commandID.description)
        writer.data(Field.commandDigest, commandDigest)
        writer.text(Field.correlationID, correlationID)
        writer.text(Field.causationID, causationID)
        writer.text(Field.actor, actor)
        writer.integer(Field.at, at.microseconds)
        writer.text(Field.traceparent, traceparent)
        for event in events { writer.message(Field.events, event.write) }
    }

    fileprivate convenience init(
        _ encoded: Bytes, _ buffer: UnsafeRawBufferPointer, _ range: Range<Int>, _ types: inout EventTypeCache
    ) throws(WireError) {
        var epoch = Epoch.zero
        var sequence = CommitSequence.zero
        var stream = ""
        var firstVersion = StreamVersion.none
        var digest: Bytes = []
        var at = Timestamp(microseconds: 0)
        var events: [EncodedEvent] = []
        var reader = WireReader(buffer, range)
        while let field = try reader.nextField() {
            switch field.number {
            case Field.epoch: epoch = Epoch(try reader.integer(field))
            case Field.sequence: sequence = CommitSequence(try reader.integer(field))
            case Field.stream: stream = try reader.text(field)
            case Field.firstVersion: firstVersion = StreamVersion(try reader.integer(field))
            case Field.commandDigest: digest = encoded.slice(try reader.range(field))
            // Texts that few ask for are read when they are; see `metadata(_:)`.
            case Field.commandID, Field.correlationID, Field.causationID, Field.actor, Field.traceparent: try reader.checkText(field)
            case Field.at: at = Timestamp(microseconds: try reader.integer(field))
            case Field.events:
                let event = try EncodedEvent(encoded, buffer, try reader.range(field), &types)
                // Most commits have one; appended to an empty array, it would get room for several.
                if events.isEmpty { events = [event] } else { events.append(event) }
            default: try reader.skip(field)
            }
        }
        self.init(
            epoch: epoch, sequence: sequence, stream: StreamID(trusted: stream), firstVersion: firstVersion, commandDigest: digest,
            events: events, metadata: EventMetadata(at: at, encoded: encoded.slice(range), decode: Self.metadata))
    }

    /// The texts of a commit that has been read before, and so can be.
    @Sendable private static func metadata(_ encoded: Bytes) -> EventMetadata.Values {
        encoded.withUnsafeBytes { buffer in
            var values = EventMetadata.Values()
            var reader = WireReader(buffer)
            while let field = try? reader.nextField() {
                switch field.number {
                case Field.commandID: values.commandID = (try? reader.text(field)) ?? ""
                case Field.correlationID: values.correlationID = (try? reader.text(field)) ?? ""
                case Field.causationID: values.causationID = (try? reader.text(field)) ?? ""
                case Field.actor: values.actor = (try? reader.text(field)) ?? ""
                case Field.traceparent: values.traceparent = (try? reader.text(field)) ?? ""
                default: try? reader.skip(field)
                }
            }
            return values
        }
    }
}

extension EncodedEvent {
    private enum Field {
        static let type = 1, data = 2
    }

    fileprivate func write(_ writer: inout WireWriter) {
        writer.text(Field.type, type.description)
        writer.data(Field.data, data)
    }

    fileprivate init(
        _ encoded: Bytes, _ buffer: UnsafeRawBufferPointer, _ range: Range<Int>, _ types: inout EventTypeCache
    ) throws(WireError) {
        var type: EventType?
        var data: Bytes = []
        var reader = WireReader(buffer, range)
        while let field = try reader.nextField() {
            switch field.number {
            case Field.type: type = try types.type(UnsafeRawBufferPointer(rebasing: buffer[try reader.range(field)]))
            case Field.data: data = encoded.slice(try reader.range(field))
            default: try reader.skip(field)
            }
        }
        self.init(type: type ?? EventType(""), data: data)
    }
}

extension Bytes {
    /// The part that is `range` counted from the slice's own beginning.
    fileprivate func slice(_ range: Range<Int>) -> Bytes { self[startIndex + range.lowerBound..<startIndex + range.upperBound] }
}
