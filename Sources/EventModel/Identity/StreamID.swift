/// The identity of one stream: the history of one aggregate, written `category/key`, as in `order/536365`.
///
/// The text is the record key in the log, so it decides the partition. A category is 1 to 64 of `a-z`, `0-9` and `-`, beginning with
/// a letter; a key is 1 to 128 visible ASCII characters other than `/` and `@`, which separate. The keys `.` and `..` are refused: URLs
/// drop such segments, percent-encoded ones too (RFC 3986, section 6.2.2.3; WHATWG URL), so no client would reach the stream.
public struct StreamID: Hashable, Sendable, CustomStringConvertible {
    public static let maximumCategoryLength = 64
    public static let maximumKeyLength = 128

    /// `category/key`.
    public let description: String

    /// - Throws: ``InvalidStreamID`` with what is wrong.
    public init(category: String, key: String) throws(InvalidStreamID) {
        try self.init(recorded: category + "/" + key)
        try checkThatURLsKeepIt()
    }

    /// - Throws: ``InvalidStreamID`` with what is wrong.
    public init(_ text: String) throws(InvalidStreamID) {
        try self.init(recorded: text)
        try checkThatURLsKeepIt()
    }

    /// For a stream that may be in a log already: earlier versions took the keys `.` and `..`.
    ///
    /// - Throws: ``InvalidStreamID`` with what is wrong.
    public init(recorded text: String) throws(InvalidStreamID) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            throw InvalidStreamID(reason: "'\(text)' is not of the form category/key")
        }
        try Self.check(category: text.utf8[..<slash])
        try Self.check(key: text.utf8[text.utf8.index(after: slash)...])
        description = text
    }

    /// For text that is already known to be a stream id, such as a record key that this type has written.
    public init(trusted text: String) {
        description = text
    }

    public var category: Substring { description[..<slash] }
    public var key: Substring {
        let slash = slash
        return slash == description.endIndex ? description[slash...] : description[description.utf8.index(after: slash)...]
    }

    private var slash: String.Index { description.utf8.firstIndex(of: UInt8(ascii: "/")) ?? description.endIndex }

    private static func check(category: some Collection<UInt8>) throws(InvalidStreamID) {
        guard let first = category.first else { throw InvalidStreamID(reason: "the category is empty") }
        guard category.count <= maximumCategoryLength else {
            throw InvalidStreamID(reason: "the category is longer than \(maximumCategoryLength) characters")
        }
        guard first.isLowercaseLetter, category.allSatisfy({ $0.isLowercaseLetter || $0.isDigit || $0 == UInt8(ascii: "-") }) else {
            throw InvalidStreamID(reason: "a category has only a-z, 0-9 and '-', and begins with a letter")
        }
    }

    private func checkThatURLsKeepIt() throws(InvalidStreamID) {
        guard key != ".", key != ".." else {
            throw InvalidStreamID(reason: "a stream id must not be '.' or '..', which URLs drop from a path; choose another id")
        }
    }

    private static func check(key: some Collection<UInt8>) throws(InvalidStreamID) {
        guard !key.isEmpty else { throw InvalidStreamID(reason: "the stream id is empty") }
        guard key.count <= maximumKeyLength else {
            throw InvalidStreamID(reason: "the stream id is longer than \(maximumKeyLength) characters")
        }
        guard key.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") }) else {
            throw InvalidStreamID(reason: "a stream id has only visible ASCII characters other than '/' and '@'")
        }
    }
}

/// Why a text is no stream id.
public struct InvalidStreamID: Error, Hashable, CustomStringConvertible {
    public let reason: String
    public var description: String { reason }
}

extension UInt8 {
    var isLowercaseLetter: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
