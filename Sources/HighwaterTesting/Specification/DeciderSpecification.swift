public import EventModel

/// given/when/then for deciders.
///
/// ```swift
/// let order = DeciderSpecification(OrderDecider(), codec: OrderEvent.codec)
///
/// @Test func confirmsAPlacedOrder() throws {
///     try order.given(.placed(tea)).when(.confirm(.init())).then(.confirmed(.init()))
/// }
/// @Test func refusesAnUnknownOrder() throws {
///     try order.given().when(.confirm(.init())).thenRefused(.orderNotPlaced)
/// }
/// ```
/// It needs no test framework: what does not hold is thrown as a ``SpecificationFailure`` that says where and what. Besides what is
/// asked, it checks that the decider decides the same twice, and that each event it sees comes back from its codec as it was.
public struct DeciderSpecification<D: Decider>: Sendable where D.Event: Equatable {
    private let decider: D
    private let codec: EventCodec<D.Event>?

    /// - Parameter codec: Where given, it must write and read back every event of the specifications.
    public init(_ decider: D, codec: EventCodec<D.Event>? = nil) {
        self.decider = decider
        self.codec = codec
    }

    /// The stream's events so far, oldest first.
    public func given(_ history: D.Event...) -> DecisionHistory<D> { given(history) }

    /// The stream's events so far, oldest first.
    public func given(_ history: [D.Event]) -> DecisionHistory<D> {
        DecisionHistory(decider: decider, codec: codec, history: history)
    }
}

/// A stream as a specification has given it.
public struct DecisionHistory<D: Decider>: Sendable where D.Event: Equatable {
    fileprivate let decider: D
    fileprivate let codec: EventCodec<D.Event>?
    fileprivate let history: [D.Event]

    public func when(_ command: D.Command) -> SpecifiedDecision<D> {
        SpecifiedDecision(history: self, command: command)
    }

    /// The state that the events fold into.
    public var state: D.State { decider.fold(history) }
}

/// A command on a stream, to be held to what it should lead to.
public struct SpecifiedDecision<D: Decider>: Sendable where D.Event: Equatable {
    fileprivate let history: DecisionHistory<D>
    fileprivate let command: D.Command

    /// Exactly these events happen, in this order.
    ///
    /// - Returns: the stream with them added, for what comes next.
    /// - Throws: ``SpecificationFailure``
    @discardableResult
    public func then(_ expected: D.Event..., file: StaticString = #fileID, line: UInt = #line) throws -> DecisionHistory<D> {
        let place = "\(file):\(line)"
        switch try decided(at: place) {
        case .success(let events) where events == expected:
            return DecisionHistory(decider: history.decider, codec: history.codec, history: history.history + events)
        case .success(let events):
            throw failure("expected \(list(expected))", "decided  \(list(events))", at: place)
        case .failure(let refusal):
            throw failure("expected \(list(expected))", "refused  \(refusal.name)", at: place)
        }
    }

    /// The command is accepted and changes nothing.
    ///
    /// - Throws: ``SpecificationFailure``
    public func thenNothing(file: StaticString = #fileID, line: UInt = #line) throws {
        _ = try then(file: file, line: line)
    }

    /// The domain says no, by this name.
    ///
    /// - Throws: ``SpecificationFailure``
    public func thenRefused(_ expected: D.Refusal, file: StaticString = #fileID, line: UInt = #line) throws {
        let place = "\(file):\(line)"
        switch try decided(at: place) {
        case .failure(let refusal) where refusal.name == expected.name: return
        case .failure(let refusal): throw failure("expected refusal \(expected.name)", "refused  \(refusal.name)", at: place)
        case .success(let events): throw failure("expected refusal \(expected.name)", "decided  \(list(events))", at: place)
        }
    }

    private func decided(at place: String) throws -> Result<[D.Event], D.Refusal> {
        for event in history.history { try checkRoundTrip(event, at: place) }
        let first = decide()
        switch (first, decide()) {
        case (.success(let events), .success(let again)) where events == again:
            for event in events { try checkRoundTrip(event, at: place) }
        case (.failure(let refusal), .failure(let again)) where refusal.name == again.name: break
        default: throw failure("the decider does not decide the same twice, so it depends on more than its arguments", at: place)
        }
        return first
    }

    private func decide() -> Result<[D.Event], D.Refusal> {
        do throws(D.Refusal) {
            return .success(try history.decider.decide(command, history.state))
        } catch {
            return .failure(error)
        }
    }

    private func checkRoundTrip(_ event: D.Event, at place: String) throws {
        guard let codec = history.codec else { return }
        let encoded = codec.encode(event)
        do {
            guard codec.types.contains(encoded.type), let decoded = try codec.decode(encoded), try codec.json(encoded) != nil else {
                throw failure("the codec writes \(encoded.type) and does not read it", at: place)
            }
            guard decoded == event else {
                throw failure("the codec changes an event", "written  \(event)", "read     \(decoded)", at: place)
            }
        } catch let error as UnreadableEvent {
            throw failure("the codec cannot read what it wrote: \(error)", at: place)
        }
    }

    private func failure(_ what: String..., at place: String) -> SpecificationFailure {
        SpecificationFailure(
            place: place, lines: ["given    \(list(history.history))", "when     \(command)"] + what)
    }

    private func list(_ events: [D.Event]) -> String {
        events.isEmpty ? "no events" : events.map { "\($0)" }.joined(separator: ",\n         ")
    }
}

/// What does not hold, and where it was specified.
public struct SpecificationFailure: Error, CustomStringConvertible {
    /// File and line of the specification.
    public let place: String
    let lines: [String]

    public var description: String { "\(place)\n" + lines.joined(separator: "\n") }
}
