/// The domain's no to a command: an expected outcome with a stable name, not a fault.
///
/// An enum with string raw values needs nothing more:
/// `enum Refusal: String, DomainRefusal { case alreadyPlaced = "order-already-placed" }`
public protocol DomainRefusal: Error, Sendable {
    /// The name that callers test for, in kebab case: `order-already-placed`. A contract.
    var name: String { get }
    /// A sentence for people; empty where the name says it all.
    var explanation: String { get }
}

extension DomainRefusal {
    public var explanation: String { "" }
}

extension DomainRefusal where Self: RawRepresentable, RawValue == String {
    public var name: String { rawValue }
}
