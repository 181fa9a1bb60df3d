public import EventModel
public import SwiftProtobuf

extension StateCodec where State: Message {
    /// Keeps a state that is a message itself, in binary; shows it in protobuf's JSON.
    public static var protobuf: StateCodec { .protobuf(State.self, encode: { $0 }, decode: { $0 }) }
}

extension StateCodec {
    /// Keeps a state as a message of another type.
    public static func protobuf<M: Message>(
        _ message: M.Type, encode: @escaping @Sendable (State) -> M, decode: @escaping @Sendable (M) throws -> State
    ) -> StateCodec {
        StateCodec(
            encode: { encode($0).deterministicBytes[...] },
            decode: { try decode(M(shared: $0)) },
            json: { try encode($0).jsonString() })
    }
}
