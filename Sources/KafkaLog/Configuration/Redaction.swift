/// Keeps the values of secret settings out of errors and logs.
struct Redaction: Sendable {
    private let secrets: [String]

    init(_ settings: [String: String]) {
        secrets = settings.filter { Self.isSecret($0.key) && !$0.value.isEmpty }.values.sorted { $0.utf8.count > $1.utf8.count }
    }

    func callAsFunction(_ text: String) -> String {
        var text = text
        for secret in secrets { text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "[redacted]") }
        return text
    }

    /// Whether a setting's value must not be shown. Names that librdkafka does not know count too: they may be misspelt, or Java's.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        if [".location", ".url", ".file"].contains(where: name.hasSuffix) { return false }
        return [
            "password", "passwd", "passphrase", "secret", "token", "key.pem", "private.key", "ssl.key", "oauthbearer.config", "credential",
            "jaas",
        ].contains { name.contains($0) }
    }
}
