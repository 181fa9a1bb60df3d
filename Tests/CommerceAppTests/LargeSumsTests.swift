import Foundation
import Testing

extension AppTests {
    /// Figures beyond 64 bits, as the orders that make them are accepted.
    @Suite(.enabled(if: TestDatabase.isThere, TestDatabase.isMissing)) struct LargeSumsTests {
        @Test(.timeLimit(.minutes(5))) func ordersOfTheLargestAmountAddUpExactly() async throws {
            try await ReadModelDatabase.withBoth { commerce, sqlite, postgres in
                // 2^63 - 2 millionths each.
                let largest = order(quantity: "2147483647", price: "4294967298")
                var positions: [String] = []
                for database in [sqlite, postgres] {
                    try await commerce.up(database.settings) { server in
                        for id in 1...16 {
                            let answer = try await server.place("\(id)", largest, headers: ["Idempotency-Key": "place-\(id)"])
                            try #require(answer.status == 201 || answer.status == 200, "\(answer.text)")
                            positions.append(try #require(answer.position))
                        }
                        try await server.waitForViews(positions: positions)
                        let figures = #""units":34359738352,"returnedUnits":0,"grossMicros":"147573952589676412896","#
                        for (view, key) in [("customer-ledger", "17850"), ("sales-by-day", "2010-12-01"), ("sales-by-country", "France")] {
                            for path in ["/v1/views/\(view)/\(key)", "/v1/views/\(view)"] {
                                let answer = try await server.get(path, at: positions)
                                #expect(
                                    answer.status == 200 && answer.text.contains(figures), "\(path) in \(database.name): \(answer.text)")
                            }
                        }
                    }
                    // As people see it with SQL.
                    let rows = try await database.execute("SELECT gross_micros, net_micros, orders FROM sales_by_country")
                    #expect(
                        rows.map(\.texts) == [
                            ["gross_micros": "147573952589676412896", "net_micros": "147573952589676412896", "orders": "16"]
                        ], "\(database.name)")
                    for arguments in [["verify", "--all"], ["replay", "--all"]] {
                        let done = try await commerce.run(arguments, database.settings)
                        #expect(done.status == 0, "\(arguments) in \(database.name): \(done.text)\(done.errors)")
                    }
                }
            }
        }
    }
}
