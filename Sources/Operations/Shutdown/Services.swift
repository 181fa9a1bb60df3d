public import Logging
public import ServiceLifecycle

/// Runs `services` until one ends or the process is told to stop (SIGTERM, SIGINT, SIGHUP), then drains them.
///
/// Draining, within `settings.shutdownDeadline` for all of them together: `health` stops being ready; everything goes on for
/// `settings.drainDelay`, in which balancers find another instance; then the services are asked to shut
/// down one after another from the last to the first, each when the one before it has ended. So list what others need first: the log,
/// then the writers, then the HTTP server. What is left at the deadline is cancelled. A service that has still not ended
/// ``serviceCancellationLimit`` later takes the process down with it, since a supervisor would kill it anyway.
///
/// - Throws: the error of the service that failed; the others have drained by then.
public func runServices(
    _ services: [any Service], settings: Settings, health: HealthRegistry, signals: TerminationSignals = .process, logger: Logger
) async throws {
    let group = makeServiceGroup(
        services, shutdownDeadline: settings.shutdownDeadline, drainDelay: settings.drainDelay, health: health, logger: logger)
    // Supervisors send signals again; the deadline is what bounds the drain.
    signals.respond { signal in
        logger.info("told to stop", metadata: ["signal": "\(signal)"])
        Task { await group.triggerGracefulShutdown() }
    }
    try await group.run()
    logger.info("stopped")
}

/// How long cancelled services may take to end.
public let serviceCancellationLimit = Duration.seconds(5)

/// The group that ``runServices(_:settings:health:signals:logger:)`` runs, for those who want to stop it by themselves.
///
/// - Parameter drainDelay: how long after that the services are asked to shut down, by `clock`.
public func makeServiceGroup(
    _ services: [any Service], shutdownDeadline: Duration, drainDelay: Duration = .zero, health: HealthRegistry,
    clock: any Clock<Duration> = ContinuousClock(), logger: Logger
) -> ServiceGroup {
    let all: [any Service] = services + [DrainSignal(health: health, delay: drainDelay, clock: clock, logger: logger)]
    var configuration = ServiceGroupConfiguration(
        services: all.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .gracefullyShutdownGroup)
        }, logger: logger)
    configuration.maximumGracefulShutdownDuration = shutdownDeadline
    configuration.maximumCancellationDuration = serviceCancellationLimit
    return ServiceGroup(configuration: configuration)
}
