import EventModel
import HTTPTypes

/// A request's `If-Match` and `If-None-Match` (RFC 9110, section 13). Both must hold where both are there.
struct Preconditions: Sendable {
    /// What they make of a read.
    enum Verdict {
        case proceed, notModified, failed
    }

    private let match: EntityTags?
    private let noneMatch: EntityTags?

    /// - Throws: `malformed`, naming the header.
    init(_ headers: HTTPFields) throws(Problem) {
        match = try Self.tags(headers, .ifMatch)
        noneMatch = try Self.tags(headers, .ifNoneMatch)
    }

    private static func tags(_ headers: HTTPFields, _ name: HTTPField.Name) throws(Problem) -> EntityTags? {
        guard let field = headers[name] else { return nil }
        guard let tags = EntityTags(field) else {
            throw .malformed(
                name.rawName, "\(name.rawName) must be * or one or more entity tags as answers bear them, comma-separated: \"3\"")
        }
        return tags
    }

    /// For a read of something that exists, under `tag`.
    func verdict(on tag: EntityTag) -> Verdict {
        if let match, !match.matchesStrongly(tag) { return .failed }
        if let noneMatch, noneMatch.matchesWeakly(tag) { return .notModified }
        return .proceed
    }

    /// For a command: of which versions its stream may be.
    var expected: ExpectedVersion {
        ExpectedVersion(
            match: match.map { tags in
                switch tags {
                case .existing: .existing
                case .listed(let tags): .listed(Set(tags.filter { !$0.isWeak }.compactMap(\.version)))
                }
            },
            noneMatch: noneMatch.map { tags in
                switch tags {
                case .existing: .existing
                case .listed(let tags): .listed(Set(tags.compactMap(\.version)))
                }
            })
    }
}

extension Problem {
    /// A read whose `If-Match` names other representations.
    static func preconditionFailed(_ tag: EntityTag) -> Problem {
        Problem(.preconditionFailed, "what is there has the entity tag \(tag), which If-Match does not name", headers: [.eTag: "\(tag)"])
    }
}
