/// The settings of HTTP connections.
public struct ConnectionLimits: Sendable {
    /// How many may be open; nil for as many as the process may have.
    public let maximum: Int?
    /// How long a connection is kept without a request.
    public let keepAlive: Duration
    /// How long a client may take to send a request's head, and its body; and to read on in an answer.
    public let requestTimeout: Duration
    /// Bytes of memory for the bodies of all requests under way.
    public let bodyMemory: Int

    /// Nil after adding a problem.
    init?(reading reader: inout SettingsReader) {
        let maximum = reader.read(Self.maximumKey, whenAbsent: .some(nil))
        let keepAlive = reader.read(Self.keepAliveKey)
        let requestTimeout = reader.read(Self.requestTimeoutKey)
        let bodyMemory = reader.read(Self.bodyMemoryKey)
        guard let maximum, let keepAlive, let requestTimeout, let bodyMemory else { return nil }
        self.maximum = maximum
        self.keepAlive = .seconds(keepAlive)
        self.requestTimeout = .seconds(requestTimeout)
        self.bodyMemory = bodyMemory
    }

    static let names = [maximumKey.name, keepAliveKey.name, requestTimeoutKey.name, bodyMemoryKey.name]

    private static let maximumKey = SettingKey<Int?>(
        name: "MAX_CONNECTIONS", type: "integer from 1 to 1000000", defaultText: "what descriptors allow, up to 16384",
        meaning: "connections that may be open; one more takes the place of one without a request, or is answered 503"
    ) { text throws(InvalidValue) in
        guard let number = Int(text) else { throw InvalidValue("it is not an integer") }
        guard (1...1_000_000).contains(number) else { throw InvalidValue("it is out of range") }
        return number
    }

    private static let keepAliveKey = SettingKey<Int>.integer(
        "HTTP_KEEP_ALIVE_SECONDS", 1...86_400, default: 620,
        "how long a connection is kept without a request; longer than the balancer in front keeps it")

    private static let requestTimeoutKey = SettingKey<Int>.integer(
        "HTTP_REQUEST_SECONDS", 1...3600, default: 30,
        "how long a client may take to send a request's head, and its body, before it is answered 408; and to read on in an answer")

    private static let bodyMemoryKey = SettingKey<Int>.integer(
        "HTTP_BODY_MEMORY_BYTES", 1_048_576...17_179_869_184, default: 33_554_432,
        "memory for the bodies of all requests under way; a body that finds none for 10 seconds is answered 429")
}
