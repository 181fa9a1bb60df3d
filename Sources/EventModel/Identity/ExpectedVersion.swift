/// What a command demands of its stream's version (optimistic concurrency), in the terms of HTTP's `If-Match` and `If-None-Match`
/// (RFC 9110, section 13.1).
///
/// Both conditions must hold; an absent one always does.
public struct ExpectedVersion: Hashable, Sendable {
    /// Versions that a condition names.
    public enum Versions: Hashable, Sendable {
        /// Every version of a stream that exists: HTTP's `*`.
        case existing
        /// These, which may be none at all.
        case listed(Set<StreamVersion>)

        public func contains(_ version: StreamVersion) -> Bool {
            switch self {
            case .existing: version > .none
            case .listed(let versions): versions.contains(version)
            }
        }
    }

    /// The stream's version must be among these.
    public let match: Versions?
    /// The stream's version must not be among these.
    public let noneMatch: Versions?

    public init(match: Versions? = nil, noneMatch: Versions? = nil) {
        self.match = match
        self.noneMatch = noneMatch
    }

    public static let any = ExpectedVersion()
    /// The stream must not exist.
    public static let noStream = ExpectedVersion(noneMatch: .existing)
    /// The stream must exist.
    public static let exists = ExpectedVersion(match: .existing)
    public static func exactly(_ version: StreamVersion) -> ExpectedVersion { ExpectedVersion(match: .listed([version])) }

    public func admits(_ actual: StreamVersion) -> Bool {
        match?.contains(actual) != false && noneMatch?.contains(actual) != true
    }

    /// The one version that the stream must be at, ``StreamVersion/none`` where it must not exist; nil where the demand names no single
    /// version.
    public var onlyVersion: StreamVersion? {
        switch (match, noneMatch) {
        case (.listed(let versions)?, nil): versions.count == 1 ? versions.first : nil
        case (nil, .existing?): StreamVersion.none
        default: nil
        }
    }
}
