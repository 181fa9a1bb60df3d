/// The name under which an event is stored, written out and versioned: `order.placed.v1`. A storage contract, never derived from a
/// Swift type's name.
public struct EventType: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let description: String

    public init(_ name: String) { description = name }
    public init(stringLiteral name: String) { description = name }
}
