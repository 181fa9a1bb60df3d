/// How the server listens, and its limits.
public struct HTTPServerConfiguration: Sendable {
    public var host: String
    /// 0: one that is free, which ``HTTPServer`` tells when it listens.
    public var port: Int
    /// A command with a larger body is refused.
    public var maximumBodyBytes = 1 << 20
    /// Bytes of memory that the bodies of all requests under way may take together, each from before it is read until its request is
    /// answered. One body of the largest size fits in any case.
    public var bodyMemory = 32 << 20
    /// How long a body waits for its share of that memory before its request is answered 429.
    public var bodyPatience = Duration.seconds(10)
    /// How many connections may be open. One more takes the place of a connection without a request; where all have one, its request is
    /// answered 503, unless it is a probe. Nil: as many as the system allows.
    public var maximumConnections: Int?
    /// How many connections may be open beyond ``maximumConnections``: those that are being refused or closed. What comes beyond these too is
    /// closed at once.
    public var spareConnections = 64
    /// A connection without a request for this long is closed.
    ///
    /// Longer than the common balancers keep theirs (nginx and AWS: 60 seconds, Google Cloud: 600): the side that sends requests must be
    /// the one that gives up an idle connection, else it now and then sends a request into a connection that is just being closed, which is
    /// answered 502.
    public var keepAlive = Duration.seconds(620)
    /// How long a client may take to send a request's head, and its body; and to read on in an answer.
    public var requestTimeout = Duration.seconds(30)
    /// How long after its last answer a connection is kept whose client does not close it.
    public var endPatience = Duration.seconds(2)
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
