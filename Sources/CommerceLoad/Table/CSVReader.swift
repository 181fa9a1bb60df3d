/// Takes a CSV text apart as it comes: RFC 4180, with quoted fields that have separators, quotes and line breaks in them. Empty lines, and
/// UTF-8's byte order mark before the first, are passed over.
///
/// Memory is bounded: a record has ``longestRecord`` bytes at the most. A quote that is never closed costs its own line only, and reading
/// goes on with the next one.
struct CSVReader {
    /// What ends a line outside quotes.
    enum LineEnd: Equatable {
        /// Or a carriage return and a line feed.
        case lineFeed
        /// Or both, or a line feed alone.
        case carriageReturn
    }

    static let longestRecord = 1 << 16

    private let separator: UInt8
    private let lineEnd: LineEnd
    /// How many fields a record has, beside empty ones at its end; nil where any number is right.
    private let width: ClosedRange<Int>?
    /// What has come and is in no record that was handed over.
    private var buffer: [UInt8] = []
    /// The line that the buffer begins on.
    private var line = 1
    private var isAtBeginning = true
    /// The buffer begins in the rest of a line that was too long.
    private var isSkipping = false
    /// The text had ended before the last record's line did.
    private(set) var endsWithinLine = false

    init(separator: UInt8 = UInt8(ascii: ","), lineEnd: LineEnd = .lineFeed, width: ClosedRange<Int>? = nil) {
        self.separator = separator
        self.lineEnd = lineEnd
        self.width = width
    }

    /// Feeds the next bytes and hands over each record that they complete.
    mutating func read(_ bytes: some Sequence<UInt8>, _ body: (CSVRecord) throws -> Void) rethrows {
        buffer += bytes
        try handOver(isEnd: false, body)
    }

    /// The last record, where no line break ends it.
    mutating func end(_ body: (CSVRecord) throws -> Void) rethrows {
        // A carriage return that was the last to come may have been half of a line's end.
        endsWithinLine = !buffer.isEmpty && !(lineEnd == .carriageReturn && buffer.last == carriageReturn)
        try handOver(isEnd: true, body)
    }

    private mutating func handOver(isEnd: Bool, _ body: (CSVRecord) throws -> Void) rethrows {
        if isAtBeginning {
            guard isEnd || buffer.count >= byteOrderMark.count else { return }
            if buffer.starts(with: byteOrderMark) { buffer.removeFirst(byteOrderMark.count) }
            isAtBeginning = false
        }
        var position = 0
        defer { buffer.removeFirst(position) }
        if isSkipping {
            guard let rest = Self.lineBreak(in: buffer, from: 0, lineEnd) else { return position = buffer.count }
            isSkipping = false
            position = rest.upperBound
            line += 1
        }
        while position < buffer.count {
            switch step(from: position, isEnd: isEnd) {
            case .unfinished: return
            case .blank(let next):
                position = next
                line += 1
            case .record(let record, let next, let breaks):
                position = next
                line += breaks
                try body(record)
            case .tooLong(let record, let next):
                try body(record)
                guard let rest = Self.lineBreak(in: buffer, from: next, lineEnd) else {
                    isSkipping = true
                    return position = buffer.count
                }
                position = rest.upperBound
                line += 1
            }
        }
    }

    /// The first line break at `start` or behind it.
    static func lineBreak(in bytes: [UInt8], from start: Int, _ lineEnd: LineEnd) -> Range<Int>? {
        guard let index = bytes[start...].firstIndex(where: { $0 == newline || lineEnd == .carriageReturn && $0 == carriageReturn })
        else { return nil }
        let isPair = bytes[index] == carriageReturn && index + 1 < bytes.count && bytes[index + 1] == newline
        return index..<index + (isPair ? 2 : 1)
    }

    private enum Step {
        /// More bytes have to come first.
        case unfinished
        case blank(next: Int)
        case record(CSVRecord, next: Int, breaks: Int)
        case tooLong(CSVRecord, next: Int)
    }

    /// What the buffer has from `start` on.
    private func step(from start: Int, isEnd: Bool) -> Step {
        var record = CSVRecord(line: line)
        var index = start
        var isQuoted = false
        /// How much of the field had come when its quotes ended, if it has any: what stands before is the field's own.
        var quotedLength: Int?
        var breaks = 0
        var secondLine: Int?
        func isLineBreak(_ byte: UInt8) -> Bool {
            byte == newline || lineEnd == .carriageReturn && byte == carriageReturn
        }
        func endField() {
            if let length = quotedLength, record.openLength > length { record.flaw = .textBehindQuote }
            record.endField()
            quotedLength = nil
        }
        func finished(breaks: Int) -> Step {
            if lineEnd == .lineFeed, record.openLength > quotedLength ?? 0 { record.dropCarriageReturn() }
            if record.isEmpty && quotedLength == nil { return .blank(next: index) }
            endField()
            if let secondLine, !fits(record) { return brokenLine(start..<secondLine) }
            return .record(record, next: index, breaks: breaks)
        }
        while index < buffer.count {
            guard index - start < Self.longestRecord else {
                if let secondLine { return brokenLine(start..<secondLine) }
                record.endField()
                record.flaw = .tooLong
                return .tooLong(record, next: index)
            }
            let plain = plainBytes(from: index, upTo: min(buffer.count, start + Self.longestRecord))
            if !plain.isEmpty {
                record.append(plain)
                index = plain.endIndex
                continue
            }
            let byte = buffer[index]
            let next = index + 1 < buffer.count ? buffer[index + 1] : nil
            // What a quote or a carriage return means depends on what follows it.
            if next == nil, !isEnd, byte == quote && isQuoted || byte == carriageReturn && lineEnd == .carriageReturn { return .unfinished }
            index += 1
            if isQuoted {
                if byte == quote {
                    if next == quote {
                        record.append(quote)
                        index += 1
                    } else {
                        isQuoted = false
                        quotedLength = record.openLength
                    }
                    continue
                }
                record.append(byte)
                if isLineBreak(byte), !(byte == carriageReturn && next == newline) {
                    breaks += 1
                    secondLine = secondLine ?? index
                }
            } else if byte == quote && record.openLength == 0 && quotedLength == nil {
                isQuoted = true
            } else if byte == separator {
                endField()
            } else if isLineBreak(byte) {
                if byte == carriageReturn && next == newline { index += 1 }
                return finished(breaks: breaks + 1)
            } else {
                record.append(byte)
            }
        }
        guard isEnd else { return .unfinished }
        if isQuoted { return brokenLine(start..<(secondLine ?? buffer.count)) }
        return finished(breaks: breaks)
    }

    /// The next bytes that are a field's own, in quotes or not.
    private func plainBytes(from start: Int, upTo end: Int) -> ArraySlice<UInt8> {
        let count = buffer.withUnsafeBufferPointer { buffer in
            var index = start
            while index < end {
                let byte = buffer[index]
                if byte == separator || byte == quote || byte == newline || byte == carriageReturn { break }
                index += 1
            }
            return index - start
        }
        return buffer[start..<start + count]
    }

    /// Whether a record of several lines is one: it has the fields that it should, and its quotes are in order.
    private func fits(_ record: CSVRecord) -> Bool {
        guard let width else { return record.flaw == nil }
        return record.flaw == nil && record.count >= width.lowerBound && !record.hasText(from: width.upperBound)
    }

    /// A line by itself whose quotes mean nothing.
    private func brokenLine(_ range: Range<Int>) -> Step {
        var record = CSVRecord(line: line, flaw: .openQuote)
        var text = buffer[range]
        if text.last == newline { text.removeLast() }
        if text.last == carriageReturn { text.removeLast() }
        for byte in text {
            if byte == separator { record.endField() } else { record.append(byte) }
        }
        record.endField()
        return .record(record, next: range.upperBound, breaks: 1)
    }
}

private let quote = UInt8(ascii: "\"")
private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
private let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
