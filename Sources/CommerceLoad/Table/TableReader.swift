import HighwaterCLI

/// One pass over the records of a file, without its header.
struct TableReader {
    let layout: Layout
    private let input: InputFile
    private var chunks: Chunks
    private var transcoder: UTF16Transcoder?
    private var reader: CSVReader
    /// What was read to find the layout, until it is taken apart.
    private var head: [UInt8]?
    /// How many records stand before the first of an invoice.
    private var headRecordsLeft: Int
    private var hasEnded = false

    /// - Throws: ``Failure`` where the file cannot be read, or has no header of an Online Retail file.
    init(_ input: InputFile, _ options: FormOptions) throws {
        self.input = input
        chunks = try input.chunks()
        var head: [UInt8] = []
        while head.count < InputFile.headLength, let more = try chunks.next() { head += more }
        let encoding = try Self.encoding(of: head, options, input.name)
        transcoder = encoding == .utf16 ? UTF16Transcoder(head: head) : nil
        if let text = transcoder?.transcode(head) { head = text }
        self.head = head
        layout = try Layout(
            head: Array(head.prefix(InputFile.headLength)), encoding: encoding, separator: options.separator, of: input.name)
        reader = CSVReader(separator: layout.separator, lineEnd: layout.lineEnd, width: layout.width)
        headRecordsLeft = layout.headRecords
    }

    /// Looks at a file's first bytes as a pass would.
    ///
    /// - Throws: ``Failure`` where a pass would find no header of an Online Retail file.
    static func check(head: [UInt8], _ options: FormOptions, of name: String) throws {
        let encoding = try encoding(of: head, options, name)
        var transcoder = encoding == .utf16 ? UTF16Transcoder(head: head) : nil
        _ = try Layout(head: transcoder?.transcode(head) ?? head, encoding: encoding, separator: options.separator, of: name)
    }

    private static func encoding(of head: [UInt8], _ options: FormOptions, _ name: String) throws -> TextEncoding {
        let marked = TextEncoding(markOf: head)
        guard let wanted = options.encoding else { return marked ?? .utf8 }
        if let marked, marked != wanted {
            throw Failure("\(name) begins with the byte order mark of \(marked.rawValue): leave --encoding \(wanted.rawValue) out")
        }
        return wanted
    }

    /// The last line is not ended by a line break, as where a file was cut off.
    var endsWithinLine: Bool { reader.endsWithinLine }

    /// The records that the next piece of the file completes; nil at the end.
    mutating func next() throws -> [CSVRecord]? {
        guard !hasEnded else { return nil }
        var records: [CSVRecord] = []
        func take(_ record: CSVRecord) { records.append(record) }
        if let bytes = head {
            head = nil
            reader.read(bytes, take)
        } else if let bytes = try chunks.next() {
            reader.read(transcoder?.transcode(bytes) ?? bytes, take)
        } else {
            hasEnded = true
            if let rest = transcoder?.end() { reader.read(rest, take) }
            reader.end(take)
        }
        let skipped = min(headRecordsLeft, records.count)
        headRecordsLeft -= skipped
        records.removeFirst(skipped)
        return records
    }
}
