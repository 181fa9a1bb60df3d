import HighwaterCLI

/// Where a file has what: its encoding, separator, line ends and columns, as its head tells them.
struct Layout: Equatable, Sendable {
    let encoding: TextEncoding
    let separator: UInt8
    let lineEnd: CSVReader.LineEnd
    /// The header's fields as they stand.
    let names: [String]
    /// Records down to the header.
    let headRecords: Int
    /// What the head does not say outright, in words.
    let assumptions: [String]
    /// Each column's place, by ``Column``'s order.
    private let places: [Int]

    /// - Parameters:
    ///   - head: the first bytes, UTF-8 where the file is UTF-16.
    ///   - separator: nil: the one by which the header has every column.
    ///   - name: the file in messages.
    /// - Throws: ``Failure`` where the head is not that of an Online Retail file.
    init(head: [UInt8], encoding: TextEncoding, separator: Separator?, of name: String) throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = head.starts(with: mark) ? Array(head.dropFirst(mark.count)) : head
        var lines = HeadLines(text)
        guard var line = lines.next() else { throw Failure("\(name) is empty") }
        var isNamed = separator
        var headRecords = 1
        if let named = Separator(named: line) {
            isNamed = isNamed ?? named
            headRecords = 2
            guard let next = lines.next() else { throw Failure("\(name) has no line but '\(Excerpt(line))'") }
            line = next
        }
        guard line.count < CSVReader.longestRecord else {
            throw Failure(
                "\(name) is no Online Retail file: its header has no end within \(CSVReader.longestRecord) bytes, and begins "
                    + "'\(Excerpt(line))'")
        }
        let headers = (isNamed.map { [$0] } ?? Separator.allCases).map { Header(line, $0, encoding) }
        let known = headers.map(\.columns.count).max() ?? 0
        guard let header = headers.first(where: { $0.columns.count == known }), known > 0 else {
            throw Failure(
                "\(name) is no Online Retail file: its header is '\(Excerpt(line))' and not '\(Column.header.joined(separator: ","))'")
        }
        guard let places = try header.places(of: name) else {
            let missing = Column.allCases.filter { !header.columns.contains($0) }.map { "'\($0.rawValue)'" }
            throw Failure("\(name) is no whole Online Retail file: its header '\(Excerpt(line))' has no \(missing.joined(separator: ", "))")
        }
        self.encoding = encoding
        self.separator = header.separator.byte
        lineEnd = lines.lineEnd
        names = header.names
        self.headRecords = headRecords
        self.places = places
        var assumptions: [String] = []
        if isNamed == nil, header.separator != .comma { assumptions.append("separator \(header.separator)") }
        if lineEnd == .carriageReturn { assumptions.append("lines end with a carriage return") }
        assumptions += header.assumptions
        self.assumptions = assumptions
    }

    /// Where a record has the column.
    func place(of column: Column) -> Int { places[column.index] }

    /// How many fields a record of every column has, without and with what stands behind the last.
    var width: ClosedRange<Int> { (places.max() ?? 0) + 1...names.count }

    /// The header's name of the column.
    func name(of column: Column) -> String { names[place(of: column)] }
}

/// The line of a file that names its columns, taken apart at one separator.
private struct Header {
    let separator: Separator
    let names: [String]
    private let known: [Column?]

    init(_ line: [UInt8], _ separator: Separator, _ encoding: TextEncoding) {
        self.separator = separator
        var names: [String] = []
        var reader = CSVReader(separator: separator.byte)
        func take(_ record: CSVRecord) {
            names = (0..<record.count).map { encoding.text(record[$0]) ?? String(decoding: record[$0], as: UTF8.self) }
        }
        reader.read(line, take)
        reader.end(take)
        self.names = names
        known = names.map(Column.init(headerField:))
    }

    var columns: Set<Column> { Set(known.compactMap(\.self)) }

    /// Nil where a column is missing.
    func places(of name: String) throws -> [Int]? {
        for column in columns where known.count(where: { $0 == column }) > 1 {
            throw Failure("\(name) is no Online Retail file: its header has the column '\(column.rawValue)' twice")
        }
        let places = Column.allCases.compactMap { known.firstIndex(of: $0) }
        return places.count == Column.allCases.count ? places : nil
    }

    var assumptions: [String] {
        var assumptions: [String] = []
        let renamed = zip(names, known).compactMap { name, column in
            column.flatMap { Column(rawValue: name.trimmed) == nil ? "'\(Excerpt(name))' is \($0.rawValue)" : nil }
        }
        if !renamed.isEmpty { assumptions.append("column \(renamed.joined(separator: ", "))") }
        let ignored = zip(names, known).compactMap { name, column in
            column == nil && !name.trimmed.isEmpty && !RejectsFile.ownColumns.contains(name) ? "'\(Excerpt(name))'" : nil
        }
        if !ignored.isEmpty { assumptions.append("\(ignored.joined(separator: ", ")) of the header does not matter") }
        return assumptions
    }
}

/// The lines at the beginning of a text that are not empty.
private struct HeadLines {
    let lineEnd: CSVReader.LineEnd
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) {
        self.text = text
        let first = text.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        // A text whose only line has no other end may be one whose line feed was cut off.
        lineEnd =
            if let first, text[first] == UInt8(ascii: "\r"), first + 1 < text.count, text[first + 1] != UInt8(ascii: "\n") {
                .carriageReturn
            } else {
                .lineFeed
            }
    }

    mutating func next() -> [UInt8]? {
        while position < text.count {
            let lineBreak = CSVReader.lineBreak(in: text, from: position, lineEnd) ?? text.count..<text.count
            var line = text[position..<lineBreak.lowerBound]
            position = lineBreak.upperBound
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if !line.isEmpty { return Array(line) }
        }
        return nil
    }
}
