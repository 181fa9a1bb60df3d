public import CommerceSchemas

public enum ReturnCommand: Hashable, Sendable {
    case register(RegisterReturn)
}
