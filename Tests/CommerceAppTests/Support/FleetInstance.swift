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
    let port: Int
    private let commerce: Installation
    private let processes = Mutex<[CommerceProcess]>([])

    var description: String { "\(role)-\(number)" }
    var url: String { "http://127.0.0.1:\(port)" }

    init(_ role: Role, _ number: Int, of commerce: Installation) throws {
        self.role = role
        self.number = number
        self.commerce = commerce
        port = try Self.freePort()
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
                "HIGHWATER_HTTP": "127.0.0.1:\(port)", "HIGHWATER_ADVERTISE": url, "HIGHWATER_STATE": "data/state-\(self)",
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

    /// Below the ports that connections are given: none takes it while no process has it.
    private static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 20_000..<30_000)
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            let isFree = withUnsafePointer(to: &address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isFree { return port }
        }
        throw POSIXError(.EADDRINUSE)
    }
}
