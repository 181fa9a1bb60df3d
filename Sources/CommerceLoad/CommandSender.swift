import AsyncHTTPClient
import Foundation
import HighwaterCLI
import NIOCore
import NIOHTTP1

/// Sends an invoice's command, again and again with the same key until it has a definite answer.
struct CommandSender: Sendable {
    enum Outcome: Equatable, Sendable {
        case committed
        case replayed
        /// The domain said no, by its name for that; or the server takes no such command, whoever sends it: `malformed`, `too-large`.
        case refused(String, detail: String? = nil)
    }

    let client: HTTPClient
    let url: String
    /// After which an invoice that cannot be sent ends the load.
    let patience: Duration

    /// - Throws: ``Failure`` where the server is not to be reached within the patience, or is none of ours.
    func send(_ command: InvoiceCommand) async throws -> Outcome {
        let start = ContinuousClock.now
        var attempt = 0
        while true {
            var request = HTTPClientRequest(url: url + command.path)
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json")
            request.headers.add(name: "Idempotency-Key", value: command.idempotencyKey)
            request.body = .bytes(command.body)
            let problem: String
            do {
                let left = patience - start.duration(to: .now)
                let response = try await client.execute(request, timeout: min(.seconds(30), TimeAmount(left)))
                let body = try await response.body.collect(upTo: 16 << 20)
                switch response.status.code {
                case 200, 201:
                    return try Self.decode(Success.self, body).replayed ? .replayed : .committed
                case 400, 422:
                    let problem = try Self.decode(Problem.self, body)
                    return .refused(Self.name(of: problem), detail: problem.detail)
                case 413:
                    // A proxy in between says so in its own words.
                    return .refused("too-large", detail: Self.detail(body))
                case 429, 503, 504:
                    problem = "\(response.status.code) \(Self.detail(body))"
                default:
                    throw Failure("\(command.path) was answered \(response.status.code): \(Self.detail(body))")
                }
            } catch let failure as Failure {
                throw failure
            } catch {
                problem = "\(error)"
            }
            attempt += 1
            guard ContinuousClock.now - start < patience else {
                throw Failure(
                    "\(command.path) got no definite answer from \(url) within \(patience): \(problem). Run the load again to go on")
            }
            // Exponential with full jitter, 2 s at the most.
            let ceiling = min(2000, 20 << min(attempt, 10))
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...ceiling)))
        }
    }

    private struct Success: Decodable { let replayed: Bool }
    private struct Problem: Decodable {
        let type: String
        let refusal: String?
        let detail: String?
    }

    private static func name(of problem: Problem) -> String {
        problem.refusal ?? problem.type.split(separator: ":").last.map(String.init) ?? "refused"
    }

    private static func decode<T: Decodable>(_: T.Type, _ body: ByteBuffer) throws -> T {
        do {
            return try JSONDecoder().decode(T.self, from: Data(body.readableBytesView))
        } catch {
            throw Failure("the server's answer is not Highwater's: \(String(decoding: body.readableBytesView.prefix(200), as: UTF8.self))")
        }
    }

    private static func detail(_ body: ByteBuffer) -> String {
        (try? decode(Problem.self, body))?.detail ?? String(decoding: body.readableBytesView.prefix(200), as: UTF8.self)
    }
}
