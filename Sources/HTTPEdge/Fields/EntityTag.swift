import Crypto
import EventModel

/// An entity tag (RFC 9110, section 8.8.3).
struct EntityTag: Hashable, Sendable, CustomStringConvertible {
    let isWeak: Bool
    /// Between the quotes.
    let opaque: String

    /// A stream's tag is its version.
    init(_ version: StreamVersion) {
        isWeak = false
        opaque = version.description
    }

    /// The tag of a representation that has no version: its digest, 128 bits of SHA-256.
    init(digestOf representation: String) {
        isWeak = false
        let digits = Array("0123456789abcdef".utf8)
        let hash = SHA256.hash(data: Array(representation.utf8)).prefix(16)
        opaque = String(decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }, as: UTF8.self)
    }

    /// Takes a tag from the front of `text`; nil where none stands there.
    fileprivate init?(takenFrom text: inout Substring.UTF8View) {
        isWeak = text.starts(with: "W/".utf8)
        if isWeak { text = text.dropFirst(2) }
        guard text.popFirst() == UInt8(ascii: "\""), let end = text.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        let characters = text[..<end]
        guard characters.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        opaque = String(Substring(characters))
        text = text[text.index(after: end)...]
    }

    var description: String { "\(isWeak ? "W/" : "")\"\(opaque)\"" }

    /// The version that it is the tag of; nil for a tag that no stream has ever been given, such as `"03"`.
    var version: StreamVersion? {
        guard let number = Int64(opaque), number >= 0, String(number) == opaque else { return nil }
        return StreamVersion(number)
    }
}

/// What `If-Match` or `If-None-Match` names.
enum EntityTags: Sendable {
    /// `*`: whatever exists.
    case existing
    case listed([EntityTag])

    /// Nil where `field` is neither `*` nor a list of one tag or more.
    init?(_ field: String) {
        let field = field.trimmingSpaces
        if field == "*" {
            self = .existing
            return
        }
        var tags: [EntityTag] = []
        var rest = field.utf8
        while true {
            // Empty elements count for nothing (RFC 9110, section 5.6.1.2).
            rest = rest.drop { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            if rest.isEmpty { break }
            guard let tag = EntityTag(takenFrom: &rest) else { return nil }
            tags.append(tag)
            rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
        }
        guard !tags.isEmpty else { return nil }
        self = .listed(tags)
    }

    /// The strong comparison, which a weak tag never passes (RFC 9110, section 8.8.3.2).
    func matchesStrongly(_ tag: EntityTag) -> Bool {
        switch self {
        case .existing: true
        case .listed(let tags): !tag.isWeak && tags.contains(tag)
        }
    }

    /// The weak comparison, which looks at no `W/`.
    func matchesWeakly(_ tag: EntityTag) -> Bool {
        switch self {
        case .existing: true
        case .listed(let tags): tags.contains { $0.opaque == tag.opaque }
        }
    }
}
