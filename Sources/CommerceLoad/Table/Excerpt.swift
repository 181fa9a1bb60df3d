/// The beginning of a text, for a message: 80 characters at the most, on one line.
struct Excerpt: CustomStringConvertible {
    let description: String

    init(_ text: String) { self.init(Array(text.utf8.prefix(400))) }

    init(_ bytes: some Collection<UInt8>) {
        let text = String(decoding: bytes.prefix(400), as: UTF8.self)
        let shown = String(
            String.UnicodeScalarView(text.unicodeScalars.prefix(80).map { $0.properties.generalCategory == .control ? " " : $0 }))
        description = text.unicodeScalars.count > 80 ? shown + "…" : shown
    }
}

extension String {
    /// Without blanks at both ends, those included that do not break a line (U+00A0, U+202F).
    var trimmed: String {
        guard let first = utf8.first, let last = utf8.last, ![first, last].allSatisfy({ (0x21...0x7E).contains($0) }) else { return self }
        let start = unicodeScalars.firstIndex { !$0.properties.isWhitespace } ?? unicodeScalars.endIndex
        let end = unicodeScalars.lastIndex { !$0.properties.isWhitespace }.map { unicodeScalars.index(after: $0) } ?? start
        return String(unicodeScalars[start..<end])
    }
}
