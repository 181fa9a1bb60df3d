import ServiceLifecycle
import WriteModel

/// Has a write service hand its partitions to other instances when the process is told to stop.
struct Handover: Service, CustomStringConvertible {
    let writer: WriteService

    var description: String { "handover of \(writer.context.topic)" }

    func run() async throws {
        // Cancelled instead of asked: there is no time for it.
        try? await gracefulShutdown()
        guard !Task.isCancelled else { return }
        await writer.handOver()
    }
}
