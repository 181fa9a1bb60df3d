import Foundation
import NIOHTTP1
import Testing

extension AppTests {
    @Suite struct BadInputTests {
        private struct Case {
            var method = HTTPMethod.POST
            var path = "/v1/order/bad/place"
            var body: String? = order()
            var headers: [String: String] = [:]
            let status: Int
            let problem: String
            var field: String?
            var refusal: String?
        }

        private func line(_ member: String) -> String {
            order().replacing(#""quantity":6"#, with: member)
        }

        private var cases: [Case] {
            [
                Case(body: "{", status: 400, problem: "malformed"),
                Case(body: "", status: 400, problem: "malformed"),
                Case(body: "[]", status: 400, problem: "malformed"),
                Case(body: "\u{0}", status: 400, problem: "malformed"),
                Case(body: String(repeating: "[", count: 100_000), status: 400, problem: "malformed"),
                Case(body: #"{"lines":"# + String(repeating: "[", count: 100_000), status: 400, problem: "malformed"),
                Case(body: order().replacing(#""country""#, with: #""county""#), status: 400, problem: "malformed", field: "county"),
                Case(body: line(#""quantity":"six""#), status: 400, problem: "malformed", field: "lines[0].quantity"),
                Case(body: line(#""quantity":6.5"#), status: 400, problem: "malformed", field: "lines[0].quantity"),
                Case(body: line(#""quantity":2147483648"#), status: 400, problem: "malformed", field: "lines[0].quantity"),
                Case(body: line(#""quantity":true"#), status: 400, problem: "malformed", field: "lines[0].quantity"),
                Case(body: order(price: "9223372036854775808"), status: 400, problem: "malformed", field: "lines[0].unitPriceMicros"),
                Case(
                    body: order().replacing(#""country":"France""#, with: #""country":7"#), status: 400, problem: "malformed",
                    field: "country"),
                Case(body: order(at: "yesterday"), status: 400, problem: "malformed", field: "placedAt"),
                Case(body: order(at: "2010-02-30T00:00:00Z"), status: 400, problem: "malformed", field: "placedAt"),
                Case(
                    body: order().replacing(#""lines":["#, with: #""lines":{"a":["#).replacing("]}", with: "]}}"), status: 400,
                    problem: "malformed", field: "lines"),
                Case(path: "/v1/orders/1/place", status: 404, problem: "unknown-category"),
                Case(path: "/v1/order/1/burn", status: 404, problem: "unknown-command"),
                Case(path: "/v1/order//place", status: 400, problem: "malformed", field: "streamID"),
                Case(path: "/v1/order/\(String(repeating: "x", count: 129))/place", status: 400, problem: "malformed", field: "streamID"),
                Case(path: "/v1/order/a%20b/place", status: 400, problem: "malformed", field: "streamID"),
                Case(path: "/v1/order/a%40b/place", status: 400, problem: "malformed", field: "streamID"),
                Case(headers: ["Idempotency-Key": ""], status: 400, problem: "malformed", field: "Idempotency-Key"),
                Case(
                    headers: ["Idempotency-Key": String(repeating: "k", count: 129)], status: 400, problem: "malformed",
                    field: "Idempotency-Key"),
                Case(headers: ["If-Match": "3"], status: 400, problem: "malformed", field: "If-Match"),
                Case(headers: ["If-None-Match": "1"], status: 400, problem: "malformed", field: "If-None-Match"),
                Case(headers: ["If-Match": "*"], status: 412, problem: "version-conflict"),
                Case(headers: ["If-Match": "W/\"0\""], status: 412, problem: "version-conflict"),
                Case(headers: ["If-Match": "\"1\", \"2\""], status: 412, problem: "version-conflict"),
                Case(headers: ["If-Match": "\"0\"", "If-None-Match": "\"0\""], status: 412, problem: "version-conflict"),
                Case(
                    path: "/v1/order/first/cancel", body: "{}", headers: ["If-None-Match": "W/\"1\""], status: 412,
                    problem: "version-conflict"),
                Case(headers: ["Idempotency-Key": "\"\""], status: 400, problem: "malformed", field: "Idempotency-Key"),
                Case(headers: ["Idempotency-Key": "\"k"], status: 400, problem: "malformed", field: "Idempotency-Key"),
                Case(path: "/v1/order/%2E/place", status: 400, problem: "malformed", field: "streamID"),
                Case(path: "/v1/order/.%2e/place", status: 400, problem: "malformed", field: "streamID"),
                Case(
                    body: order().replacing(#""country":"France""#, with: #""country":"France","country":"France""#), status: 400,
                    problem: "malformed", field: "country"),
                Case(
                    body: order().replacing(#""customerId":"17850""#, with: #""customerId":"17850","customer_id":"1""#), status: 400,
                    problem: "malformed", field: "customerId"),
                Case(
                    body: order().replacing(#""lines":["#, with: #""line\u0073":[],"lines":["#), status: 400, problem: "malformed",
                    field: "lines"),
                Case(
                    body: order(lines: 3).replacing("]}", with: #",{"sku":"a","sku":"b","quantity":1}]}"#), status: 400,
                    problem: "malformed", field: "lines[3].sku"),
                Case(body: line(#""quantity":6,"quantity":6"#), status: 400, problem: "malformed", field: "lines[0].quantity"),
                Case(body: line(#""quantity":1e400"#), status: 400, problem: "malformed", field: "lines[0].quantity"),
                Case(body: order() + order(), status: 400, problem: "malformed"),
                Case(body: order(country: #"\ud800"#), status: 400, problem: "malformed", field: "country"),
                Case(body: order(at: "2010-12-01T08:26:00+24:00"), status: 400, problem: "malformed", field: "placedAt"),
                Case(body: order(at: "2010-12-01T23:59:60Z"), status: 400, problem: "malformed", field: "placedAt"),
                Case(headers: ["Content-Type": "text/csv"], status: 415, problem: "unsupported-media-type"),
                Case(body: order(description: String(repeating: "x", count: 1 << 20)), status: 413, problem: "too-large"),
                Case(body: order(price: "-1"), status: 422, problem: "refused", refusal: "price-negative"),
                Case(body: order(quantity: "0"), status: 422, problem: "refused", refusal: "quantity-not-positive"),
                Case(body: order(quantity: "-6"), status: 422, problem: "refused", refusal: "quantity-not-positive"),
                Case(body: order(quantity: "2", price: "\"\(Int64.max)\""), status: 422, problem: "refused", refusal: "amount-too-large"),
                Case(
                    body: #"{"country":"France","currency":"GBP","placedAt":"2010-12-01T08:26:00Z","lines":[]}"#, status: 422,
                    problem: "refused", refusal: "lines-missing"),
                Case(path: "/v1/order/bad/confirm", body: "{}", status: 422, problem: "refused", refusal: "order-not-placed"),
                Case(method: .PUT, status: 405, problem: "method-not-allowed"),
                Case(method: .GET, path: "/v1/views/order-summary?limit=0", body: nil, status: 400, problem: "malformed", field: "limit"),
                Case(
                    method: .GET, path: "/v1/views/order-summary?currency=GBP", body: nil, status: 400, problem: "malformed",
                    field: "currency"),
                Case(
                    method: .GET, path: "/v1/views/order-summary?after=nonsense!", body: nil, status: 400, problem: "malformed",
                    field: "after"),
                Case(method: .GET, path: "/v1/views/nothing/1", body: nil, status: 404, problem: "not-found"),
                Case(method: .GET, path: "/v1/order/first?version=x", body: nil, status: 400, problem: "malformed", field: "version"),
                Case(method: .GET, path: "/v1/order/first/events?from=0", body: nil, status: 400, problem: "malformed", field: "from"),
                Case(
                    method: .GET, path: "/v1/views/order-summary/1", body: nil, headers: ["Highwater-Position": "ordering"], status: 400,
                    problem: "malformed", field: "Highwater-Position"),
                Case(
                    method: .GET, path: "/v1/views/order-summary/1", body: nil, headers: ["Highwater-Position": "ordering/99@1"],
                    status: 400,
                    problem: "malformed", field: "Highwater-Position"),
                Case(
                    method: .GET, path: "/v1/order/first", body: nil, headers: ["Highwater-Position": "ordering/4@0"], status: 400,
                    problem: "malformed", field: "Highwater-Position"),
                Case(
                    method: .GET, path: "/v1/order/first/events", body: nil, headers: ["Highwater-Position": "ordering/4@0"], status: 400,
                    problem: "malformed", field: "Highwater-Position"),
                Case(
                    method: .GET, path: "/v1/order/first", body: nil, headers: ["If-Match": "\"2\""], status: 412,
                    problem: "precondition-failed"),
                Case(method: .GET, path: "/v1/views/order-summary/a%00", body: nil, status: 400, problem: "malformed", field: "key"),
                Case(
                    method: .GET, path: "/v1/views/order-summary?country=%00", body: nil, status: 400, problem: "malformed",
                    field: "country"),
                Case(
                    method: .GET, path: "/v1/views/order-summary?limit=%2B5", body: nil, status: 400, problem: "malformed", field: "limit"),
                Case(
                    method: .GET, path: "/v1/views/order-summary?limit=1&limit=1", body: nil, status: 400, problem: "malformed",
                    field: "limit"),
            ]
        }

        @Test(.timeLimit(.minutes(5))) func getsItsProblemAndLeavesTheLogUntouched() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                #expect(try await server.place("first").status == 201)
                let before = try await commerce.events()
                let ends = try await commerce.ends()
                for (index, bad) in cases.enumerated() {
                    let answer = try await server.send(bad.method, bad.path, bad.body, headers: bad.headers)
                    let what = Comment(
                        rawValue:
                            "case \(index): \(bad.path.prefix(60)) \(bad.body?.prefix(120) ?? "") \(bad.headers) → \(answer.status) \(answer.text.prefix(400))"
                    )
                    #expect(answer.status == bad.status, what)
                    #expect(answer.problem == bad.problem, what)
                    if let field = bad.field { #expect(answer.json["field"].text == field, what) }
                    if let refusal = bad.refusal { #expect(answer.json["refusal"].text == refusal, what) }
                    #expect(answer.header("Content-Type") == "application/problem+json", what)
                }
                #expect(try await commerce.events() == before)
                #expect(try await commerce.ends() == ends)
                #expect(try await server.place("second").status == 201)
                #expect(try await server.get("/health/ready").status == 200)
            }
        }

        /// What is taken must not stop what is made of it: NUL in a text, an absent time, empty names.
        @Test(.timeLimit(.minutes(5))) func oddTextsDoNotStopTheReadModels() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                var positions: [String] = []
                for (index, body) in [
                    order(country: #"a\u0000b"#), order(customer: #"\u0000"#), order(customer: "", country: ""), order(country: "☃ ü 漢"),
                    order(description: #"\u0000"#), order().replacing(#""placedAt":"2010-12-01T08:26:00Z","#, with: ""),
                    order(country: String(repeating: "x", count: 100_000)), order(country: "a/b?c&d=e%20"),
                ].enumerated() {
                    let answer = try await server.place("odd-\(index)", body)
                    #expect([201, 400, 422].contains(answer.status), "\(answer.text)")
                    if let position = answer.position { positions.append(position) }
                }
                let good = try await server.place("good")
                positions.append(try #require(good.position))
                try await server.waitForViews(positions: positions)
                for view in views { _ = try await server.rows(view) }
                #expect(try await server.get("/health/ready").status == 200)
            }
        }
    }
}
