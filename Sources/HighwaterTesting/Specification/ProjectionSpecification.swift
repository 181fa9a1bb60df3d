import EventLog
import EventModel
public import ReadModel

/// Given events, expects a projection's rows, and holds it to what the engine relies on.
///
/// The rows are made by the engine itself, from a log: in one batch and in small ones, every batch delivered twice, with the streams on
/// one partition and on several, by the runner's fold and by a rebuild. All must come to the same rows.
///
/// ```swift
/// var history = RecordedHistory<SalesEvent>()
/// history.record("order/1", placed)
/// let rows = try await ProjectionSpecification(SalesByDay()).rows(after: history)
/// #expect(rows == ["2010-12-01": .init(orders: 1)])
/// ```
public struct ProjectionSpecification<P: Projection>: Sendable {
    private let projection: P

    public init(_ projection: P) { self.projection = projection }

    /// The rows as readers see them.
    ///
    /// - Throws: ``BrokenProjectionLaw`` where they depend on how the events were delivered.
    public func rows(after history: RecordedHistory<P.Event>) async throws -> [String: P.Row] {
        let stored = try await storedRows(after: history)
        var rows: [String: P.Row] = [:]
        for row in stored {
            var value = P.Row()
            for (column, stored) in zip(P.Row.columns, row.values) { try column.write(stored, to: &value) }
            rows[row.key] = value
        }
        return rows
    }

    /// The rows as a store has them, in key order.
    public func storedRows(after history: RecordedHistory<P.Event>) async throws -> [StoredRow] {
        let schema = TableSchema(P.self)
        if let problem = schema.problems.first { throw BrokenProjectionLaw("the projection cannot be stored: \(problem)") }
        let events = history.events
        let codec = Self.codec(events)
        let registered = RegisteredProjection(projection, events: codec)
        var expected: [StoredRow]?
        for partitions in [1, 3] {
            let log = InMemoryLog()
            try await log.createTopic("specification", partitions: partitions)
            let writer = ScriptedWriter(log, topic: "specification", partitions: partitions)
            var index = 0
            for commit in history.commits {
                guard let first = commit.first else { continue }
                let encoded = commit.indices.map { Self.encode(index + $0, commit[$0].type) }
                index += commit.count
                try await writer.append(first.stream.description, encoded, at: first.metadata.at)
            }
            for delivery in Delivery.allCases {
                let rows = try await DeliveryRun(registered, log, "specification", partitions).rows(delivery)
                if let expected, expected.count != rows.count || !zip(expected, rows).allSatisfy({ $0.isIdentical(to: $1) }) {
                    throw BrokenProjectionLaw(
                        "\(P.id): over \(partitions) partition(s), \(delivery.rawValue), the rows are \(rows), and else \(expected); "
                            + "it must depend on its arguments alone, and combine by its reducers")
                }
                expected = expected ?? rows
            }
        }
        return expected ?? []
    }

    /// Events by their place in the history, so that no codec of theirs is needed.
    private static func codec(_ events: [Recorded<P.Event>]) -> EventCodec<P.Event> {
        EventCodec(
            types: Set(events.map(\.type)), encode: { _ in encode(0, "unused") },
            decode: { encoded throws(UnreadableEvent) in
                guard let index = Int(String(decoding: encoded.data, as: UTF8.self)), events.indices.contains(index) else {
                    throw UnreadableEvent(type: encoded.type, reason: "not of this history")
                }
                return events[index].event
            },
            json: { _ throws(UnreadableEvent) in nil })
    }

    private static func encode(_ index: Int, _ type: EventType) -> EncodedEvent {
        EncodedEvent(type: type, data: Array(String(index).utf8)[...])
    }
}

/// A projection whose rows depend on how its events are delivered.
public struct BrokenProjectionLaw: Error, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
