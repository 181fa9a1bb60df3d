import EventLog
import EventModel
import ReadModel

extension ReadModelEngineConformance {
    static let verificationLaws: [ReadModelEngineLaw] =
        [1 << 30, 0].map { memory in
            ReadModelEngineLaw("a verification in \(memory) bytes finds a row changed, one deleted and one added by hand") { harness in
                try await harness.with { store in
                    let system = try await caughtUp(store)
                    try await system.requireEqual(SampleLedger.accounts, memory: memory)
                    try await system.fill(50, from: 300)  // not applied: verified is what is applied
                    let changed = try await plantDrift(harness, store)
                    let result = try await system.verification(SampleLedger.accounts, memory: memory).run()
                    try require(result.differenceCount == 3, "it found \(result.differenceCount) differences")
                    let kinds = Dictionary(uniqueKeysWithValues: result.differences.map { ($0.key, $0.kind) })
                    try require(
                        kinds == [changed.row: .different, changed.deleted: .missing, "ünexpected": .unexpected], "it found \(kinds)")
                    let different = result.differences.first { $0.kind == .different }
                    try require(
                        different?.actual?.contains("\"balanceMicros\":\"-12345\"") == true
                            && different?.expected?.contains("-12345") == false, "it tells \(String(describing: different))")
                    let unequal = Set(result.partitions.filter { !$0.isEqual }.map(\.partition))
                    try require(unequal == Set(result.differences.map(\.partition)), "the checksums differ in partitions \(unequal)")
                }
            }
        } + [
            ReadModelEngineLaw("a rebuild does not swap in rows that differ, unless told to") { harness in
                try await harness.with { store in
                    let system = try await caughtUp(store)
                    _ = try await plantDrift(harness, store)
                    let result = try await system.rebuild(SampleLedger.accounts).run()
                    try require(result.outcome == .differs && result.verification?.differenceCount == 3, "it ended as \(result)")
                    try await system.requireStates([.live, .ready], of: "accounts")
                    let second = try await system.rebuild(SampleLedger.accounts, .init(verify: false)).run()
                    try require(second.outcome == .swapped && second.generation == result.generation, "the second ended as \(second)")
                    try await system.requireEqual(SampleLedger.accounts)
                }
            },
            ReadModelEngineLaw("a verification needs no pause") { harness in
                try await harness.with { store in
                    let system = try await caughtUp(store)
                    try await system.running(system.runner(SampleLedger.digits)) {
                        async let appended = system.fill(600, from: 300)
                        for _ in 0..<4 { try await system.requireEqual(SampleLedger.digits) }
                        _ = try await system.queries(SampleLedger.digits).positions(
                            of: "deposits-by-digit", waitFor: try await appended, timeout: .seconds(600))
                        try await system.requireEqual(SampleLedger.digits)
                    }
                }
            },
        ]

    /// Changes the live accounts by hand: one row other than the log says, one gone, and `ünexpected`, which should not be.
    private static func plantDrift(
        _ harness: ReadModelEngineHarness, _ store: any ReadModelStore
    ) async throws -> (row: String, deleted: String) {
        guard let live = try await store.generations(of: "accounts").first(where: { $0.state == .live }) else {
            throw BrokenReadModelStoreLaw("nothing is live")
        }
        let rows = try await store.withSnapshot(of: live) { try await $0.rows(after: nil, limit: 1000) }
        guard let partition = rows.first?.partition else { throw BrokenReadModelStoreLaw("there are no rows") }
        let mine = rows.filter { $0.partition == partition }.map(\.row)
        if let execute = harness.execute {
            let table = "\"\(live.schema.tableName(generation: live.number))\""
            let columns = live.schema.columns.map { "\"\(TableSchema.sqlName($0.name))\"" }.joined(separator: ", ")
            try await execute("UPDATE \(table) SET \"balance_micros\" = -12345 WHERE \"account_id\" = '\(mine[0].key)'")
            try await execute("DELETE FROM \(table) WHERE \"account_id\" = '\(mine[1].key)'")
            try await execute(
                "INSERT INTO \(table) (\"account_id\", \(columns), \"partition\") SELECT 'ünexpected', \(columns), \"partition\" "
                    + "FROM \(table) WHERE \"account_id\" = '\(mine[0].key)'")
        } else {
            guard let position = try await store.positions(of: live)[partition] else { throw BrokenReadModelStoreLaw("no position") }
            var values = mine[0].values
            values[3] = .integer(-12345)
            let write = PartitionWrite(
                move: PositionMove(partition: partition, expected: position, new: position),
                upserts: [StoredRow(key: mine[0].key, values: values), StoredRow(key: "ünexpected", values: values)],
                deletes: [mine[1].key])
            try require(try await store.apply([write], to: live), "the rows could not be changed")
        }
        return (mine[0].key, mine[1].key)
    }
}
