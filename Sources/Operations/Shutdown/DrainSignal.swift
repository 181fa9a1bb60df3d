import Logging
import ServiceLifecycle

/// Runs after the services it is listed behind, so it is told of a shutdown before them: readiness fails first, they drain after a delay.
struct DrainSignal: Service, CustomStringConvertible {
    let health: HealthRegistry
    let delay: Duration
    let clock: any Clock<Duration>
    let logger: Logger

    var description: String { "drain signal" }

    func run() async throws {
        // Cancelled instead of asked: the same is due.
        try? await gracefulShutdown()
        health.beginLeaving()
        if delay > .zero, !Task.isCancelled {
            logger.info("unready; the drain begins later", metadata: ["delay": "\(delay)"])
            try? await clock.sleep(for: delay)
        }
        health.beginDraining()
        logger.info("draining")
    }
}
