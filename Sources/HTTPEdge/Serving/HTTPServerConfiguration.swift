/// How the server listens, and its limits.
public struct HTTPServerConfiguration: Sendable {
    public var host: String
    /// 0: one that is free, which ``HTTPServer`` tells when it listens.
    public var port: Int
    /// A command with a larger body is refused.
    public var maximumBodyBytes = 1 << 20
    /// A connection without a request for this long is closed.
    public var idleTimeout = Duration.seconds(75)
    /// How long an idle connection stays open once the server shuts down: a request may be on its way.
    public var linger = Duration.milliseconds(500)
    /// How long a client may take to complete a connection that it has begun, once the server shuts down: a round trip. Whoever asks for one
    /// in that time waits a second to be refused, so it is not longer than it must be.
    public var roundTrip = Duration.milliseconds(10)
    /// Within which a command is answered, or said to be unknown, forwarding included.
    public var commandTimeout = Duration.seconds(10)
    /// How long a request waits for its stream to have an owner, before it is answered that there is none.
    public var ownerPatience = Duration.seconds(2)
    /// Adds `POST /bench/echo`, which answers a body with itself: the yardstick of the benchmarks. No part of the API.
    public var benchmarkRoutes = false
    /// The API's name in `/openapi.json`.
    public var title = "Highwater"

    public init(host: String = "127.0.0.1", port: Int = 8080) {
        self.host = host
        self.port = port
    }
}
