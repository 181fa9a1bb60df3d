/// A law that a schedule broke. The seed replays it: `HIGHWATER_SIMULATION_SEED=n`.
public struct SimulationFailure: Error, CustomStringConvertible {
    public let seed: UInt64
    public let step: Int
    /// The law, and how it was broken.
    public let violation: String
    /// The last steps before, oldest first.
    public let trace: [String]

    public var description: String {
        "seed \(seed), step \(step): \(violation)\nreplay with HIGHWATER_SIMULATION_SEED=\(seed)\n"
            + trace.map { "  " + $0 }.joined(separator: "\n")
    }
}

/// A broken law, where it is noticed.
struct Violation: Error {
    let description: String

    init(_ description: String) { self.description = description }
}
