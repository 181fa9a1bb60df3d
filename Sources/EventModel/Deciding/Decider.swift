/// The write side of one kind of aggregate, as three pure members: what it starts as, what a command makes happen, and what an event
/// changes. (Jérémie Chassaing's "functional event sourcing decider".)
///
/// No clock, no randomness, no I/O inside: facts such as the time arrive with the command. The engine may call both functions any
/// number of times, and decides on events that are not yet acknowledged, so they must depend on their arguments alone.
///
/// ```swift
/// struct LightDecider: Decider {
///     enum Command { case turnOn, turnOff }
///     enum Event { case turnedOn, turnedOff }
///     enum Refusal: String, DomainRefusal { case alreadyOn = "already-on", alreadyOff = "already-off" }
///
///     let initial = false
///     func decide(_ command: Command, _ isOn: Bool) throws(Refusal) -> [Event] {
///         switch command {
///         case .turnOn: if isOn { throw .alreadyOn } else { [.turnedOn] }
///         case .turnOff: if isOn { [.turnedOff] } else { throw .alreadyOff }
///         }
///     }
///     func evolve(_ isOn: inout Bool, _ event: Event) { isOn = event == .turnedOn }
/// }
/// ```
public protocol Decider<State, Command, Event>: Sendable {
    associatedtype State: Sendable
    associatedtype Command: Sendable
    associatedtype Event: Sendable
    associatedtype Refusal: DomainRefusal

    /// The state of a stream without events.
    var initial: State { get }

    /// The events that `command` makes happen; none if it changes nothing.
    ///
    /// - Throws: the domain's refusal, by which nothing happens.
    func decide(_ command: Command, _ state: State) throws(Refusal) -> [Event]

    /// Applies an event that has happened. It cannot fail: what has happened has happened.
    func evolve(_ state: inout State, _ event: Event)
}

extension Decider {
    /// The state after `events`, oldest first.
    public func fold(_ events: some Sequence<Event>) -> State {
        events.reduce(into: initial) { evolve(&$0, $1) }
    }
}
