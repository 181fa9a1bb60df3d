import Logging
import ServiceLifecycle

/// Runs after the services it is listed behind, so it is told of a shutdown before them: readiness fails first, then they drain.
struct DrainSignal: Service, CustomStringConvertible {
    let health: HealthRegistry
    let logger: Logger

    var description: String { "drain signal" }

    func run() async throws {
        // Cancelled instead of asked: the same is due.
        try? await gracefulShutdown()
        health.beginDraining()
        logger.info("draining")
    }
}
