/// How a stream's state is kept in the state store and shown as JSON.
public struct StateCodec<State: Sendable>: Sendable {
    public let encode: @Sendable (State) -> Bytes
    public let decode: @Sendable (Bytes) throws -> State
    public let json: @Sendable (State) throws -> String

    public init(
        encode: @escaping @Sendable (State) -> Bytes,
        decode: @escaping @Sendable (Bytes) throws -> State,
        json: @escaping @Sendable (State) throws -> String
    ) {
        self.encode = encode
        self.decode = decode
        self.json = json
    }
}
