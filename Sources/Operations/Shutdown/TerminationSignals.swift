import Foundation
import UnixSignals

/// SIGTERM and Ctrl-C, for a tool that must give back what it holds before it ends. From its making on these signals do not end the process
/// by themselves; to be made once.
public struct TerminationSignals: Sendable {
    private let signals: UnixSignalsSequence

    public init() async { signals = await UnixSignalsSequence(trapping: .sigterm, .sigint) }

    /// Runs `work` and cancels it when a signal comes, or has come since the last work. A second signal ends the process at once, with
    /// status 1.
    ///
    /// - Throws: ``Interrupted`` where the work was cancelled; else what the work throws. Work that ends well all the same has ended well.
    public func cancelling<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Ending<Result>.self) { [signals] group in
            defer { group.cancelAll() }
            group.addTask { .done(try await work()) }
            group.addTask {
                for await signal in signals { return .signalled(signal) }
                throw CancellationError()
            }
            switch try await group.next() {
            case .done(let result)?: return result
            case .signalled(let signal)?:
                let impatience = Task { for await _ in signals { exit(1) } }
                defer { impatience.cancel() }
                group.cancelAll()
                if case .success(.done(let result))? = await group.nextResult() { return result }
                throw Interrupted(signal: signal)
            case nil: throw CancellationError()
            }
        }
    }

    private enum Ending<Result: Sendable>: Sendable {
        case done(Result)
        case signalled(UnixSignal)
    }
}

/// Work was stopped by a signal.
public struct Interrupted: Error, CustomStringConvertible {
    let signal: UnixSignal

    public var description: String { "stopped by \(signal)" }
}
