import HighwaterCLI

/// One pass over the bytes of an ``InputFile``, piece by piece.
struct Chunks {
    enum Source {
        case plain(OpenFile, offset: Int64)
        case compressed(Gunzip)
    }

    private let input: InputFile
    private var source: Source

    init(_ input: InputFile, _ source: Source) {
        self.input = input
        self.source = source
    }

    /// - Throws: ``Failure`` where the file cannot be read on, has changed, or is no whole gzip file.
    mutating func next() throws -> [UInt8]? {
        do {
            let bytes: [UInt8]
            switch source {
            case .plain(let file, let offset):
                bytes = try file.bytes(upTo: InputFile.headLength, at: offset)
                source = .plain(file, offset: offset + Int64(bytes.count))
            case .compressed(let gunzip):
                bytes = try gunzip.bytes(upTo: InputFile.headLength)
            }
            // Before the bytes are used: what they make is sent, and stays.
            try input.checkUnchanged()
            return bytes.isEmpty ? nil : bytes
        } catch let fault as SystemFault {
            throw Failure("\(input.name) cannot be read: \(fault)")
        }
    }
}
