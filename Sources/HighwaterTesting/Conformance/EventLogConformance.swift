/// The laws of the ``EventLog`` port, race cases included. An adapter's tests hold it to all of them:
///
/// ```swift
/// @Test(.timeLimit(.minutes(1)), arguments: EventLogConformance.laws)
/// func keeps(_ law: EventLogLaw) async throws {
///     try await law.check(EventLogHarness { MyLog() })
/// }
/// ```
public enum EventLogConformance {
    public static let laws: [EventLogLaw] = topicLaws + appendLaws + readLaws + durabilityLaws + chainLaws
}
