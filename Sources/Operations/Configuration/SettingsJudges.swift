/// Who knows what settings mean that go to a library as they are, so that what is wrong with those is told with all the rest.
public struct SettingsJudges: Sendable {
    /// A library's word on a setting. Holds no secret.
    public struct Finding: Sendable {
        /// By the library's name, where it has several settings; nil where some do not go together.
        public let name: String?
        public let what: String
        public let expected: String

        public init(name: String? = nil, what: String, expected: String) {
            self.name = name
            self.what = what
            self.expected = expected
        }
    }

    let kafka: @Sendable (_ settings: [String: String]) -> [Finding]
    let postgres: @Sendable (_ connectionString: String) -> Finding?

    /// - Parameters:
    ///   - kafka: of librdkafka's settings, by its own names.
    ///   - postgres: of a libpq connection string.
    public init(
        kafka: @escaping @Sendable (_ settings: [String: String]) -> [Finding] = { _ in [] },
        postgres: @escaping @Sendable (_ connectionString: String) -> Finding? = { _ in nil }
    ) {
        self.kafka = kafka
        self.postgres = postgres
    }
}
