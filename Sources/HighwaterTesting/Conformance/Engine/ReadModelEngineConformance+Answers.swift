import ReadModel

extension ReadModelEngineConformance {
    static let answerLaws: [ReadModelEngineLaw] = [
        ReadModelEngineLaw("a store fed from the same log answers as the one in memory does") { harness in
            try await harness.with { store in
                let memory = InMemoryReadModelStore()
                let system = try await SampleSystem(store)
                try await system.fill(500)
                for projection in [SampleLedger.accounts, SampleLedger.digits] {
                    _ = try await system.rebuild(projection).run()
                    _ = try await system.rebuild(projection, store: memory).run()
                    let query = RowQuery(after: "1", limit: 7)
                    let mine = try await store.rows(of: projection.id.name, matching: query)
                    let its = try await memory.rows(of: projection.id.name, matching: query)
                    try require(!its.value.isEmpty && mine.value == its.value, "\(mine.value) in place of \(its.value)")
                    try require(mine.positions == its.positions, "at \(mine.positions) in place of \(its.positions)")
                }
            }
        }
    ]
}
