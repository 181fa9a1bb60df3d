import NIOCore

/// The one timer of a connection. What it waits for changes with every request; the timer is set anew only where it would be late.
///
/// Confined to one event loop.
final class ConnectionTimer {
    enum Reason: Equatable {
        case machine(ConnectionMachine.Wait)
        /// The client is to read an answer.
        case reader
    }

    private let settings: ConnectionSettings
    private var onTimeOut: ((Reason) -> Void)?
    private var reason: Reason?
    private var turn = -1
    private var due: NIODeadline?
    private var scheduled: (task: Scheduled<Void>, at: NIODeadline)?

    init(_ settings: ConnectionSettings) { self.settings = settings }

    /// - Parameter onTimeOut: called once the time for what is waited for is over.
    func begin(_ onTimeOut: @escaping (Reason) -> Void) { self.onTimeOut = onTimeOut }

    func cancel() {
        scheduled?.task.cancel()
        scheduled = nil
        due = nil
        onTimeOut = nil
    }

    /// - Parameter isStalled: whether bytes of an answer wait for the client to read others.
    func set(for machine: ConnectionMachine, isStalled: Bool, on channel: any Channel) {
        let reason: Reason? = isStalled ? .reader : machine.wait.map(Reason.machine)
        guard reason != self.reason || (reason != .reader && turn != machine.turn) else { return }
        self.reason = reason
        turn = machine.turn
        due = reason.map { .now() + limit($0, channel) }
        schedule(on: channel)
    }

    /// Waits on for the same.
    func postpone(by time: TimeAmount, _ reason: Reason, _ machine: ConnectionMachine, on channel: any Channel) {
        self.reason = reason
        turn = machine.turn
        due = .now() + time
        schedule(on: channel)
    }

    private func limit(_ reason: Reason, _ channel: any Channel) -> TimeAmount {
        switch reason {
        case .machine(let wait): return settings.limit(wait)
        case .reader:
            let unsent = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            return TimeAmount(settings.configuration.requestTimeout) + .seconds(Int64(unsent) / ConnectionSettings.slowestReader)
        }
    }

    private func schedule(on channel: any Channel) {
        guard let due else { return }
        if let scheduled {
            guard scheduled.at > due else { return }
            scheduled.task.cancel()
        }
        let task = channel.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.fire(channel) }
        scheduled = (task, due)
    }

    private func fire(_ channel: any Channel) {
        scheduled = nil
        guard let due, let reason else { return }
        guard NIODeadline.now() >= due else { return schedule(on: channel) }
        self.due = nil
        self.reason = nil
        onTimeOut?(reason)
    }
}
