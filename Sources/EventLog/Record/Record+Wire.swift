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
        var reader = WireReader(encoded)
        var record: Record?
        while let field = try reader.nextField() {
            switch field.number {
            case Field.claim: record = .claim(try Claim(wire: try reader.bytes(field)))
            case Field.commit: record = .commit(try Commit(wire: try reader.bytes(field)))
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
        var reader = WireReader(encoded)
        guard let field = try? reader.nextField(), field.number == 1 || field.number == 2, let body = try? reader.bytes(field) else {
            return nil
        }
        var epoch: Int64 = 0
        var sequence: Int64 = 0
        var inner = WireReader(body)
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

    fileprivate init(wire: Bytes) throws(WireError) {
        self.init(epoch: .zero, writer: "", at: Timestamp(microseconds: 0), partitions: 0)
        var reader = WireReader(wire)
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

    fileprivate init(wire: Bytes) throws(WireError) {
        self.init(
            epoch: .zero, sequence: .zero, stream: StreamID(trusted: ""), firstVersion: .none, commandID: CommandID(trusted: ""),
            commandDigest: [], at: Timestamp(microseconds: 0), events: [])
        var reader = WireReader(wire)
        while let field = try reader.nextField() {
            switch field.number {
            case Field.epoch: epoch = Epoch(try reader.integer(field))
            case Field.sequence: sequence = CommitSequence(try reader.integer(field))
            case Field.stream: stream = StreamID(trusted: try reader.text(field))
            case Field.firstVersion: firstVersion = StreamVersion(try reader.integer(field))
            case Field.commandID: commandID = CommandID(trusted: try reader.text(field))
            case Field.commandDigest: commandDigest = try reader.bytes(field)
            case Field.correlationID: correlationID = try reader.text(field)
            case Field.causationID: causationID = try reader.text(field)
            case Field.actor: actor = try reader.text(field)
            case Field.at: at = Timestamp(microseconds: try reader.integer(field))
            case Field.traceparent: traceparent = try reader.text(field)
            case Field.events: events.append(try EncodedEvent(wire: try reader.bytes(field)))
            default: try reader.skip(field)
            }
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

    fileprivate init(wire: Bytes) throws(WireError) {
        var type = ""
        var data: Bytes = []
        var reader = WireReader(wire)
        while let field = try reader.nextField() {
            switch field.number {
            case Field.type: type = try reader.text(field)
            case Field.data: data = try reader.bytes(field)
            default: try reader.skip(field)
            }
        }
        self.init(type: EventType(type), data: data)
    }
}
