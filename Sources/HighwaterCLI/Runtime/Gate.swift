import ServiceLifecycle
import Synchronization

/// Something that happens once, for services to wait for.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.finish() }
    }

    /// Returns once it is open, or the process is told to stop, or the task is cancelled.
    func wait() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let isOpen = state.withLock { state in
            if !state.isOpen { state.waiting.append(continuation) }
            return state.isOpen
        }
        if isOpen { return }
        await cancelWhenGracefulShutdown {
            for await _ in stream {}
        }
    }
}

/// A service that runs once all its gates are open, and ends without having run where the process is told to stop before.
struct Gated: Service, CustomStringConvertible {
    let service: any Service
    let gates: [Gate]

    var description: String { "\(service)" }

    init(_ service: any Service, behind gates: Gate...) {
        self.service = service
        self.gates = gates
    }

    func run() async throws {
        for gate in gates { await gate.wait() }
        if gates.allSatisfy(\.isOpen) { try await service.run() }
    }
}
