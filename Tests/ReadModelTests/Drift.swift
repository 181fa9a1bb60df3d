import EventLog
import ReadModel
import Testing

/// Changes a generation's rows by hand: one row other than the log says, one gone, one that should not be.
enum Drift {
    static func plant(in live: Generation, of store: any ReadModelStore) async throws {
        let rows = try await store.withSnapshot(of: live) { try await $0.rows(after: nil, limit: 1000) }
        let positions = try await store.positions(of: live)
        let partition = try #require(rows.first?.partition)
        let mine = rows.filter { $0.partition == partition }.map(\.row)
        let position = try #require(positions[partition])
        var values = mine[0].values
        values[3] = .integer(-12345)
        let write = PartitionWrite(
            move: PositionMove(partition: partition, expected: position, new: position),
            upserts: [StoredRow(key: mine[0].key, values: values), StoredRow(key: "ünexpected", values: values)], deletes: [mine[1].key])
        #expect(try await store.apply([write], to: live))
    }
}
