import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// A running `commerce up`, as its clients see it.
struct Server: Sendable {
    let url: String
    let process: CommerceProcess

    /// Does not hide that nobody listens by trying again.
    private static let client = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let text: String

        var json: JSON { (try? JSON(text)) ?? .null }
        /// The problem's slug.
        var problem: String? { json["type"].text.map { String($0.split(separator: ":").last ?? "") } }
        func header(_ name: String) -> String? { headers.first(name: name) }
        var position: String? { headers.first(name: "Highwater-Position") }
    }

    func send(
        _ method: HTTPMethod, _ path: String, _ body: String? = nil, headers: [String: String] = [:], timeout: TimeAmount = .seconds(60)
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.body = .bytes(ByteBuffer(string: body))
            if headers["Content-Type"] == nil { request.headers.add(name: "Content-Type", value: "application/json") }
        }
        let response = try await Self.client.execute(request, timeout: timeout)
        let collected = try await response.body.collect(upTo: 64 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, text: String(buffer: collected))
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer { try await send(.GET, path, headers: headers) }

    func post(_ path: String, _ body: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send(.POST, path, body, headers: headers)
    }

    /// A query that sees what stands at these positions, however long it takes.
    func get(_ path: String, at positions: [String]) async throws -> Answer {
        try await get(path, headers: ["Highwater-Position": positions.joined(separator: ", "), "Prefer": "wait=30"])
    }

    /// Returns once every view has applied these positions.
    func waitForViews(positions: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        guard !positions.isEmpty else { return }
        for view in views {
            let answer = try await get("/v1/views/\(view)?limit=1", at: positions)
            try #require(answer.status == 200, "\(view): \(answer.text)", sourceLocation: sourceLocation)
        }
    }

    /// Each metric says in its HELP line what it means.
    func expectMetricsDescribed(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let lines = try await get("/metrics").text.split(separator: "\n").filter { $0.hasPrefix("#") }.map {
            $0.split(separator: " ", maxSplits: 3)
        }
        let help = Dictionary(lines.filter { $0[1] == "HELP" }.map { ($0[2], $0[3]) }, uniquingKeysWith: { first, _ in first })
        let names = lines.filter { $0[1] == "TYPE" }.map { $0[2] }
        #expect(!names.isEmpty, sourceLocation: sourceLocation)
        for name in names {
            let text = help[name] ?? ""
            #expect(text.contains(" ") && text.hasSuffix("."), "\(name) is described as '\(text)'", sourceLocation: sourceLocation)
        }
    }

    /// Every row of a view, by its key, a page after the other.
    func rows(_ view: String, at positions: [String] = []) async throws -> [String: JSON] {
        var rows: [String: JSON] = [:]
        var after: String?
        repeat {
            let path =
                "/v1/views/\(view)?limit=1000"
                + (after.map { "&after=" + ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? $0) } ?? "")
            let answer = positions.isEmpty ? try await get(path) : try await get(path, at: positions)
            try #require(answer.status == 200, "\(answer.text)")
            for row in answer.json["rows"].elements { rows[row[keys[view] ?? ""].text ?? ""] = row }
            after = answer.json["next"].text
        } while after != nil
        return rows
    }

    func place(_ id: String, _ body: String = order(), headers: [String: String] = [:]) async throws -> Answer {
        try await post("/v1/order/\(id)/place", body, headers: headers)
    }
}

private let keys = ["order-summary": "orderId", "customer-ledger": "customerId", "sales-by-day": "day", "sales-by-country": "country"]
let views = keys.keys.sorted()

/// An order's body.
func order(
    customer: String? = "17850", country: String = "France", at: String = "2010-12-01T08:26:00Z", quantity: String = "6",
    price: String = "\"2550000\"", description: String = "LANTERN", lines: Int = 1
) -> String {
    let customer = customer.map { "\"customerId\":\"\($0)\"," } ?? ""
    let line = "{\"sku\":\"85123A\",\"description\":\"\(description)\",\"quantity\":\(quantity),\"unitPriceMicros\":\(price)}"
    return "{\(customer)\"country\":\"\(country)\",\"currency\":\"GBP\",\"placedAt\":\"\(at)\",\"lines\":["
        + Array(repeating: line, count: lines).joined(separator: ",") + "]}"
}
