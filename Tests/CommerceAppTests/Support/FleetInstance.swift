import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// One place in a fleet, with an address and a state folder of its own: processes come and go in it.
final class FleetInstance: Sendable, CustomStringConvertible {
    enum Role: String, Sendable { case serve, project }

    let role: Role
    let number: Int
    private let port: ReservedPort
    private let commerce: Installation
    private let processes = Mutex<[CommerceProcess]>([])

    var description: String { "\(role)-\(number)" }
    var url: String { port.url }

    init(_ role: Role, _ number: Int, of commerce: Installation) throws {
        self.role = role
        self.number = number
        self.commerce = commerce
        port = try ReservedPort()
    }

    /// The process that runs here now, or has ended last.
    var process: CommerceProcess? { processes.withLock { $0.last } }
    var isRunning: Bool { process.map { !$0.hasEnded } ?? false }
    /// As its clients see it.
    var server: Server {
        get throws { Server(url: url, process: try #require(process, "\(self) was never started")) }
    }

    func start() throws {
        let process = try CommerceProcess(
            [role.rawValue],
            environment: commerce.environment.merging([
                "HIGHWATER_HTTP": port.address, "HIGHWATER_ADVERTISE": url, "HIGHWATER_STATE": "data/state-\(self)",
            ]) { $1 }, in: commerce.folder)
        processes.withLock { $0.append(process) }
    }

    /// What every process here has logged.
    var log: String { processes.withLock { $0 }.map { $0.standardError.text }.joined(separator: "\n--\n") }

    func signal(_ signal: Int32) { process?.signal(signal) }

    /// Waits for its end.
    @discardableResult func end(by signal: Int32) async throws -> CommerceProcess.Exit {
        let process = try #require(process)
        process.signal(signal)
        return await process.wait()
    }

    func waitUntilReady(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let process = try #require(process)
        try await eventually("\(self) is ready", sourceLocation: sourceLocation) {
            if process.hasEnded { return true }
            let ready = try await server.send(.GET, "/health/ready", timeout: .seconds(2))
            if ready.status != 200 { throw NotReady(description: ready.text) }
            return true
        }
        try #require(!process.hasEnded, "\(self) has ended: \(process.standardError.text)", sourceLocation: sourceLocation)
    }

    private struct NotReady: Error, CustomStringConvertible { let description: String }
}
