import Synchronization
import Testing

/// Clients that place orders and read each at its position, and clients that read views again and again: none is refused, and none sees
/// less than before.
final class ReplayLoad: Sendable {
    private let server: Server
    private let isDone = Flag()
    private let counts = Mutex((written: 0, read: 0))

    init(_ server: Server) { self.server = server }

    var written: Int { counts.withLock { $0.written } }
    private var read: Int { counts.withLock { $0.read } }

    func beside(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<4 { group.addTask { try await self.write(client) } }
            for view in views { group.addTask { try await self.read(view) } }
            do { try await body() } catch {
                isDone.raise()
                throw error
            }
            isDone.raise()
            try await group.waitForAll()
        }
    }

    func waitForMore(_ count: Int) async throws {
        let (written, read) = (written + count, read + count)
        try await eventually("\(count) more orders are written and views read") { self.written >= written && self.read >= read }
    }

    private func write(_ client: Int) async throws {
        var number = 0
        while !isDone.isRaised {
            number += 1
            let id = "live-\(client)-\(number)"
            let placed = try await server.place(id)
            #expect(placed.status == 201, "\(placed.text)")
            let position = try #require(placed.position)
            let row = try await server.get("/v1/views/order-summary/\(id)", at: [position])
            #expect(row.status == 200 && row.json["orderId"] == .string(id), "\(id) at \(position): \(row.status) \(row.text)")
            #expect(try hasApplied(row, at: position))
            // Without waiting: it has been seen.
            let again = try await server.get("/v1/views/order-summary/\(id)")
            #expect(again.status == 200 && again.text == row.text, "\(id): \(again.status) \(again.text)")
            counts.withLock { $0.written += 1 }
        }
    }

    private func read(_ view: String) async throws {
        var last: [Substring: Int] = [:]
        while !isDone.isRaised {
            let answer = try await server.get("/v1/views/\(view)?limit=20")
            #expect(answer.status == 200 && !answer.json["rows"].elements.isEmpty, "\(view): \(answer.status) \(answer.text)")
            let positions = try positions(answer)
            for (place, offset) in last { #expect(positions[place] ?? -1 >= offset, "\(view) went back: \(positions) after \(last)") }
            last = positions
            counts.withLock { $0.read += 1 }
        }
    }

    private func positions(_ answer: Server.Answer) throws -> [Substring: Int] {
        var positions: [Substring: Int] = [:]
        for entry in try #require(answer.position).split(separator: ", ") {
            let parts = entry.split(separator: "@")
            try #require(parts.count == 2)
            positions[parts[0]] = Int(parts[1])
        }
        return positions
    }

    private func hasApplied(_ answer: Server.Answer, at position: String) throws -> Bool {
        let parts = position.split(separator: "@")
        return try positions(answer)[parts[0]] ?? -1 >= Int(parts[1]) ?? .max
    }
}
