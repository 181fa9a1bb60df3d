public import CommerceSchemas

public enum ReturnEvent: Hashable, Sendable {
    case registered(ReturnRegistered)
}
