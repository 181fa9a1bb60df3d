package import EventLog
package import ReadModel
import Synchronization

/// A worker's process that dies at a named point: from then on nothing that it does reaches store or log, and nothing comes back to it.
///
/// What the point comes before has not happened; what it comes after has, and the answer is lost.
package final class DyingWorker: Sendable {
    package enum Point: Hashable, Sendable, CustomStringConvertible {
        case store(InterceptedReadModelStore.Step)
        case log(InterceptedEventLog.Step)
        /// Within a bulk load, half of its rows taken.
        case duringLoad

        package var description: String {
            switch self {
            case .store(let step): step.rawValue
            case .log(let step): "log \(step.rawValue)"
            case .duringLoad: "duringLoad"
            }
        }
    }

    package struct Dead: Error {}

    private let point: Point
    private let left: Mutex<Int>
    private let death: AsyncStream<Void>
    private let dies: AsyncStream<Void>.Continuation
    private let dead = Atomic(false)

    /// - Parameter time: which of the times that the point is reached is the last.
    package init(at point: Point, time: Int = 1) {
        self.point = point
        left = Mutex(time)
        (death, dies) = AsyncStream.makeStream()
    }

    package var isDead: Bool { dead.load(ordering: .sequentiallyConsistent) }

    package func store(_ store: any ReadModelStore) -> InterceptedReadModelStore {
        InterceptedReadModelStore(store, onRows: { _ in try self.reach(.duringLoad) }) { try self.reach(.store($0)) }
    }

    package func log(_ log: any EventLog) -> InterceptedEventLog {
        InterceptedEventLog(log) { step throws(LogError) in
            do {
                try self.reach(.log(step))
            } catch {
                throw LogError(.closed, "the process is dead")
            }
        }
    }

    /// Runs until it has died, and leaves nothing of it running.
    ///
    /// - Throws: where it ends without dying.
    package func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task {
            defer { dies.finish() }
            try await work()
        }
        for await _ in death { break }
        task.cancel()
        let result = await task.result
        guard !isDead else { return }
        try result.get()
        throw BrokenReadModelStoreLaw("the worker has done its work and not come to '\(point)'")
    }

    private func reach(_ reached: Point) throws {
        let dies = left.withLock { left in
            if reached == point { left -= 1 }
            return left <= 0
        }
        guard dies else { return }
        dead.store(true, ordering: .sequentiallyConsistent)
        self.dies.yield()
        throw Dead()
    }
}
