/// How often each ``SimulationEvent`` happened.
public struct SimulationReport: Sendable, CustomStringConvertible {
    public internal(set) var schedules = 0
    public internal(set) var steps = 0
    private var counts = [Int](repeating: 0, count: SimulationEvent.allCases.count)

    public init() {}

    public subscript(event: SimulationEvent) -> Int { counts[event.rawValue] }

    /// What never happened.
    public var missing: [SimulationEvent] { SimulationEvent.allCases.filter { self[$0] == 0 } }

    mutating func count(_ event: SimulationEvent) { counts[event.rawValue] += 1 }

    public mutating func add(_ other: SimulationReport) {
        schedules += other.schedules
        steps += other.steps
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    public var description: String {
        "\(schedules) schedules, \(steps) steps: "
            + SimulationEvent.allCases.map { "\($0) \(self[$0])" }.joined(separator: ", ")
    }
}
