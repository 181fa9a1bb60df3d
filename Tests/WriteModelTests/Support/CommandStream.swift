import EventModel
import Synchronization
import WriteModel

/// Clients that send commands without end until they are told to stop, each following the owner, and what they were told.
final class CommandStream: Sendable {
    struct Told: Sendable {
        let command: Command
        let outcome: CommandOutcome
    }

    private struct State {
        var told: [Told] = []
        var isEnding = false
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// Runs `clients` until `body` is done, each on a stream of its own whose total swings between 0 and 1, so that nothing is refused.
    ///
    /// - Parameters:
    ///   - entries: where commands come in.
    ///   - instances: whom they may be forwarded to.
    static func flowing(
        through entries: [FleetInstance], among instances: [FleetInstance], clients: Int = 12, _ body: (CommandStream) async throws -> Void
    ) async throws -> [Told] {
        let stream = CommandStream()
        try await withThrowingTaskGroup { group in
            for client in 0..<clients {
                group.addTask {
                    var number = 0
                    while !stream.state.withLock({ $0.isEnding }) {
                        let command = try Command.add(number % 2 == 0 ? 1 : -1, to: "s\(client)", id: "\(client)-\(number)")
                        let first = entries[(client + number) % entries.count]
                        stream.add(Told(command: command, outcome: await route(command, from: first, among: instances)))
                        number += 1
                    }
                }
            }
            do {
                try await body(stream)
            } catch {
                stream.state.withLock { $0.isEnding = true }
                throw error
            }
            stream.state.withLock { $0.isEnding = true }
            try await group.waitForAll()
        }
        return stream.state.withLock { $0.told }
    }

    /// Returns once `count` more answers have come.
    func answers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiting.append(($0.told.count + count, continuation)) }
        }
    }

    private func add(_ told: Told) {
        let ready = state.withLock { state in
            state.told.append(told)
            let ready = state.waiting.filter { $0.count <= state.told.count }.map(\.continuation)
            state.waiting.removeAll { $0.count <= state.told.count }
            return ready
        }
        for continuation in ready { continuation.resume() }
    }
}
