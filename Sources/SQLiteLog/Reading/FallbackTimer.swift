import Dispatch

/// Calls back at an interval.
final class FallbackTimer: Sendable {
    // Cancelling a source is safe from any thread; nothing else is done to it after `init`.
    private nonisolated(unsafe) let source: any DispatchSourceTimer

    init(every interval: Duration, on queue: DispatchQueue, _ notice: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeTimerSource(queue: queue)
        let milliseconds = max(1, Int(interval / .milliseconds(1)))
        source.schedule(
            deadline: .now() + .milliseconds(milliseconds), repeating: .milliseconds(milliseconds), leeway: .milliseconds(milliseconds / 10))
        source.setEventHandler { notice() }
        source.resume()
    }

    func stop() { source.cancel() }
}
