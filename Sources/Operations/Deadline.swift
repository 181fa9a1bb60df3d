import Synchronization

/// What `operation` returns, or nil after `limit` or when the caller is cancelled. Cancels the operation then, and does not wait for one
/// that takes no notice of it.
func withDeadline<Value: Sendable>(
    _ limit: Duration, clock: any Clock<Duration>, _ operation: @escaping @Sendable () async -> Value
) async -> Value? {
    let race = Race<Value>()
    let work = Task { race.finish(await operation()) }
    let timer = Task {
        try? await clock.sleep(for: limit)
        race.finish(nil)
    }
    let value = await withTaskCancellationHandler {
        await race.value()
    } onCancel: {
        timer.cancel()
    }
    timer.cancel()
    work.cancel()
    return value
}

/// The first of several results, for one reader.
private final class Race<Value: Sendable>: Sendable {
    private enum State {
        case running
        case awaited(CheckedContinuation<Value?, Never>)
        case finished(Value?)
    }

    private let state = Mutex(State.running)

    func finish(_ value: Value?) {
        let reader = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            switch state {
            case .running:
                state = .finished(value)
                return nil
            case .awaited(let reader):
                state = .finished(value)
                return reader
            case .finished: return nil
            }
        }
        reader?.resume(returning: value)
    }

    func value() async -> Value? {
        await withCheckedContinuation { reader in
            let finished = state.withLock { state -> Value?? in
                if case .finished(let value) = state { return .some(value) }
                state = .awaited(reader)
                return nil
            }
            if let finished { reader.resume(returning: finished) }
        }
    }
}
