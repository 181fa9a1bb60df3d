/// What a simulation varies. Each schedule draws its own fault rates and limits below these bounds, so that calm, busy and stormy ones
/// all occur.
public struct SimulationConfiguration: Sendable {
    /// Hosts that may write the partition, at most; at least two take part.
    public var hosts = 3
    public var streams = 3
    /// Steps before the faults end.
    public var steps = 200...500
    /// Commands sent, repetitions included.
    public var attempts = 20...90
    /// Steps after the faults have ended within which everything must have settled.
    public var settlingSteps = 20_000
    /// Steps of the trace that a failure shows.
    public var traceLength = 150

    public init() {}
}
