import Foundation
import Testing

extension AppTests {
    @Suite struct CommandTests {
        @Test(.timeLimit(.minutes(5))) func anOrderIsPlacedSeenAndKept() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                let placed = try await server.place("536365", headers: ["Idempotency-Key": "key-1", "X-Correlation-ID": "visit-7"])
                #expect(placed.status == 201)
                #expect(placed.header("ETag") == "\"1\"")
                #expect(placed.header("Idempotency-Key") == "key-1")
                #expect(placed.json["stream"] == .string("order/536365"))
                #expect(placed.json["events"][0]["id"] == .string("order/536365@1"))
                #expect(placed.json["events"][0]["type"] == .string("order.placed.v1"))
                #expect(placed.json["events"][0]["data"]["totalMicros"].micros == 15_300_000)
                let position = try #require(placed.position)
                #expect(placed.json["position"] == .string(position))

                let row = try await server.get("/v1/views/order-summary/536365", at: [position])
                #expect(row.status == 200)
                #expect(
                    row.json
                        == .object([
                            "orderId": .string("536365"), "customerId": .string("17850"), "country": .string("France"),
                            "currency": .string("GBP"), "status": .string("placed"), "placedAt": .string("2010-12-01T08:26:00Z"),
                            "lines": .number(1), "units": .number(6), "totalMicros": .string("15300000"),
                        ]))

                let confirmed = try await server.post("/v1/order/536365/confirm", "{}", headers: ["If-Match": "\"1\""])
                #expect(confirmed.status == 200)
                #expect(confirmed.json["version"].integer == 2)
                let events = try await server.get("/v1/order/536365/events")
                #expect(events.status == 200)
                #expect(events.text.contains("\"visit-7\""))
                let state = try await server.get("/v1/order/536365?version=1")
                #expect(state.text.contains("\"PLACED\""))
                #expect(try await server.get("/v1/order/536365").text.contains("\"CONFIRMED\""))
                // What tells of nothing has a position, which the views come to.
                let missing = try await server.get("/v1/order/536366")
                #expect(missing.status == 404)
                let seen = try #require(missing.position)
                #expect(try await server.get("/v1/views/order-summary/536366", at: [seen]).status == 404)

                // And the command line says the same.
                let shown = try await commerce.run("events", "show", "order/536365")
                let lines = try shown.lines.map { try JSON($0) }
                #expect(lines.map { $0["id"].text } == ["order/536365@1", "order/536365@2"])
                #expect(lines.map { $0["type"].text } == ["order.placed.v1", "order.confirmed.v1"])
                #expect(lines[0]["correlationId"] == .string("visit-7"))
                #expect(lines[0]["commandId"] == .string("key-1"))
                let absent = try await commerce.run("events", "show", "order/1")
                #expect(absent.status == 1)
                #expect(absent.errors.contains("order/1"))
            }
        }

        @Test(.timeLimit(.minutes(5))) func aCommandSentAgainIsAnsweredAgain() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                let key = ["Idempotency-Key": "key-1"]
                let first = try await server.place("1", headers: key)
                let again = try await server.place("1", headers: key)
                #expect(again.status == first.status)
                #expect(again.json["replayed"].isTrue == true)
                #expect(again.json["events"] == first.json["events"])
                #expect(again.position == first.position)
                let other = try await server.place("1", order(price: "1"), headers: key)
                #expect(other.status == 422)
                #expect(other.problem == "idempotency-key-reused")
                let refused = try await server.place("1", headers: ["Idempotency-Key": "key-2"])
                #expect(refused.status == 422)
                #expect(refused.json["refusal"] == .string("order-already-placed"))
                #expect(try await commerce.events().count == 1)
            }
            // Also after a restart.
            try await commerce.up { server in
                let again = try await server.place("1", headers: ["Idempotency-Key": "key-1"])
                #expect(again.json["replayed"].isTrue == true)
            }
            #expect(try await commerce.events().count == 1)
        }

        @Test(.timeLimit(.minutes(5))) func anotherVersionIsAConflict() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                let tooEarly = try await server.post("/v1/order/1/confirm", "{}", headers: ["If-Match": "\"1\""])
                #expect(tooEarly.status == 412)
                #expect(try await server.place("1", headers: ["If-None-Match": "*"]).status == 201)
                let exists = try await server.place("1", headers: ["If-None-Match": "*"])
                #expect(exists.status == 412)
                let conflict = try await server.post("/v1/order/1/confirm", "{}", headers: ["If-Match": "\"2\""])
                #expect(conflict.status == 412)
                #expect(conflict.problem == "version-conflict")
                #expect(conflict.json["expected"].integer == 2)
                #expect(conflict.json["actual"].integer == 1)
                #expect(try await commerce.events().count == 1)
            }
        }

        /// An order that is cancelled leaves every figure but the count of cancellations.
        @Test(.timeLimit(.minutes(5))) func aCancelledOrderLeavesTheFigures() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                var positions: [String] = []
                for id in 1...6 {
                    positions.append(try #require(try await server.place("\(id)", order(customer: id % 2 == 0 ? nil : "17850")).position))
                }
                positions.append(
                    try #require(
                        try await server.post("/v1/return/C7/register", order(customer: nil).replacing("placedAt", with: "registeredAt"))
                            .position))
                for id in [2, 3] {
                    let cancelled = try await server.post("/v1/order/\(id)/cancel", #"{"reason":"too late"}"#)
                    #expect(cancelled.status == 200)
                    positions.append(try #require(cancelled.position))
                }
                let country = try await server.get("/v1/views/sales-by-country/France", at: positions).json
                #expect(country["orders"].integer == 4)
                #expect(country["cancellations"].integer == 2)
                #expect(country["returns"].integer == 1)
                #expect(country["grossMicros"].micros == 61_200_000)
                #expect(country["netMicros"].micros == 45_900_000)
                let anonymous = try await server.get("/v1/views/customer-ledger/anonymous", at: positions).json
                #expect(anonymous["orders"].integer == 2)
                #expect(anonymous["units"].integer == 12)
                #expect(anonymous["returnedUnits"].integer == 6)
                let cancelled = try await server.get("/v1/views/order-summary?status=cancelled", at: positions).json
                #expect(cancelled["rows"].elements.map { $0["orderId"].text } == ["2", "3"])
            }
        }

        /// Amounts of which each fits and the sum does not: on which partitions the orders lie must not matter.
        @Test(.timeLimit(.minutes(5))) func figuresBeyond64BitsDoNotStopTheServer() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                var positions: [String] = []
                for id in 1...6 {
                    let placed = try await server.place(
                        "\(id)", order(country: id == 6 ? "Spain" : "France", quantity: "1", price: "\"\(Int64.max)\""))
                    #expect(placed.status == 201)
                    positions.append(try #require(placed.position))
                }
                let beyond = try await server.get("/v1/views/sales-by-country/France", at: positions)
                #expect(beyond.status < 500 || beyond.text.contains("64-bit"), "\(beyond.status) \(beyond.text)")
                let within = try await server.get("/v1/views/sales-by-country/Spain", at: positions)
                #expect(within.json["grossMicros"].micros == .max)
                #expect(try await server.get("/health/ready").status == 200)
            }
        }
    }
}
