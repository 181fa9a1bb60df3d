import EventLog
import EventModel
import Foundation
import GRDB
import SQLiteStateStore
import Testing
import WriteModel

/// A store whose file was removed, replaced or overwritten is not used any more, and the next opening has what is at its place, or nothing.
struct DisplacedFileTests {
    private func expectDisplaced(_ store: any StateStore, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let stream = StreamID(trusted: "order/1")
        for call in [
            { _ = try await store.streams([stream]) }, { _ = try await store.position() }, { try await store.save(batch(version: 9)) },
            { _ = try await store.commits(of: stream, from: StreamVersion(1), limit: 1) },
            { _ = try await store.commit(of: CommandID(trusted: "c"), on: stream) },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: StateStoreError.self, sourceLocation: sourceLocation) { try await call() }
            #expect(
                error?.code == .displaced && error?.isHandleLost == true, "\(String(describing: error))", sourceLocation: sourceLocation)
        }
    }

    @Test func removed() async throws {
        try await withTemporaryFolder { folder in
            let stores = SQLiteStateStores(folder: folder + "/state")
            let store = try await stores.open(partition, foldVersion: "1")
            try await store.save(batch(version: 1))
            try FileManager.default.removeItem(atPath: folder + "/state")
            try await expectDisplaced(store)
            let again = try await stores.open(partition, foldVersion: "1")
            #expect(try await again.position() == .beginning)
            try await again.save(batch(version: 1))
            #expect(try await again.position() == position(1))
            try await expectDisplaced(store)
        }
    }

    /// As from a backup: the log tells whether its position can be trusted.
    @Test func replaced() async throws {
        try await withTemporaryFolder { folder in
            let stores = SQLiteStateStores(folder: folder)
            let path = stores.path(of: partition)
            let store = try await stores.open(partition, foldVersion: "1")
            try await store.save(batch(version: 1))
            try await DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO '\(folder)/copy'") }
            try await store.save(batch(version: 2))
            rename(folder + "/copy", path)
            try await expectDisplaced(store)
            let again = try await stores.open(partition, foldVersion: "1")
            #expect(try await again.position() == position(1))
        }
    }

    @Test(arguments: ["-wal", "-shm"]) func aPartOfItRemoved(_ name: String) async throws {
        try await withTemporaryFolder { folder in
            let stores = SQLiteStateStores(folder: folder)
            let store = try await stores.open(partition, foldVersion: "1")
            try await store.save(batch(version: 1))
            unlink(stores.path(of: partition) + name)
            try await expectDisplaced(store)
            let again = try await stores.open(partition, foldVersion: "1")
            #expect(try await again.position() == .beginning)
            try await again.save(batch(version: 1))
            try await expectDisplaced(store)
            #expect(try await again.position() == position(1), "what the former handle says does no harm")
        }
    }

    /// What is at the path afterwards is half of one store and half of another; a command decided on it would be wrong.
    @Test func overwrittenByAnOlderCopy() async throws {
        try await withTemporaryFolder { folder in
            let lines = LogLines()
            let stores = SQLiteStateStores(folder: folder, logger: lines.logger)
            let path = stores.path(of: partition)
            var store: (any StateStore)? = try await stores.open(partition, foldVersion: "1")
            try await store?.save(batch(version: 1, streams: 500))
            let other = try DatabaseQueue(path: path)
            try await other.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            let copy = try Data(contentsOf: URL(filePath: path))
            for version in 2...5 { try await store?.save(batch(version: Int64(version), streams: 500)) }
            try await other.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            #expect(try await store?.position() == position(5))
            let descriptor = open(path, O_WRONLY | O_TRUNC)
            copy.withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
            close(descriptor)
            try await expectDisplaced(try #require(store))
            store = nil
            let again = try await stores.open(partition, foldVersion: "1")
            #expect(try await again.position() == .beginning)
            #expect(lines.all.contains { $0.contains("discarded") && $0.contains("overwritten in place") }, "\(lines.all)")
        }
    }
}
