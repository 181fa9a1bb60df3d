import EventLog
import EventModel
import Foundation
import GRDB
import Logging
import SQLiteStateStore
import Testing
import WriteModel

/// A file that is no usable store is made anew, with a line that says why.
struct UnusableFileTests {
    @Test func anotherFoldVersionIsDiscarded() async throws {
        try await check(foldVersion: "2", saying: "its fold version is '1', not '2'") { _ in }
    }

    @Test func anotherLayoutIsDiscarded() async throws {
        try await check(saying: "its layout is 99, not 1") { path in
            try await DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 99") }
        }
    }

    @Test func anotherPartitionIsDiscarded() async throws {
        try await check(saying: "it is of ordering/3") { path in
            try await DatabaseQueue(path: path).write { try $0.execute(sql: #"UPDATE meta SET "partition" = 3"#) }
        }
    }

    @Test func anotherDatabaseIsDiscarded() async throws {
        try await check(saying: "it is another database") { path in
            try FileManager.default.removeItem(atPath: path)
            try await DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE t (a)") }
        }
    }

    @Test func missingTablesAreDamage() async throws {
        try await check(saying: "the file is damaged") { path in
            try await DatabaseQueue(path: path).write { try $0.execute(sql: "DROP TABLE meta") }
        }
    }

    @Test func anEmptyMetaTableIsDamage() async throws {
        try await check(saying: "the file is damaged") { path in
            try await DatabaseQueue(path: path).write { try $0.execute(sql: "DELETE FROM meta") }
        }
    }

    @Test func aFileThatIsNoDatabaseIsDiscarded() async throws {
        try await check(saying: "the file is damaged") { path in
            try Data("this is no database, and longer than the header of one, so that it is looked at in earnest ........".utf8)
                .write(to: URL(fileURLWithPath: path))
        }
    }

    @Test func aDamagedSchemaIsDiscarded() async throws {
        try await check(saying: "the file is damaged") { path in
            try overwrite(path, from: 100, to: 4096)
        }
    }

    @Test func aFileCutShortIsDiscarded() async throws {
        try await check(saying: "the file is damaged") { path in
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.truncate(atOffset: 4096)
            try file.close()
        }
    }

    @Test func anEmptyFileIsANewStore() async throws {
        try await withTemporaryFolder { folder in
            let lines = LogLines()
            let stores = SQLiteStateStores(folder: folder, logger: lines.logger)
            try Data().write(to: URL(fileURLWithPath: stores.path(of: partition)))
            let store = try await stores.open(partition, foldVersion: "1")
            try await store.save(batch(version: 1))
            #expect(lines.all.isEmpty)
        }
    }

    /// Damage that opening does not see is an error of the call that meets it, and a reset heals it.
    @Test func damageMetLaterIsHealedByAReset() async throws {
        try await withTemporaryFolder { folder in
            let lines = LogLines()
            let stores = SQLiteStateStores(folder: folder, logger: lines.logger)
            try await saveAndClose(stores, streams: 2000)
            let path = stores.path(of: partition)
            let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
            // Page 1 is the schema, page 2 the meta table.
            try overwrite(path, from: 2 * 4096, to: size)

            let store = try await stores.open(partition, foldVersion: "1")
            await #expect(throws: StateStoreError(.damaged, "")) { try await store.streams([StreamID(trusted: "order/1")]) }
            await #expect(throws: StateStoreError(.damaged, "")) { try await store.save(batch(version: 2)) }
            try await store.reset()
            #expect(try await store.position() == .beginning)
            try await store.save(batch(version: 1))
            #expect(try await store.streams([StreamID(trusted: "order/1")]).count == 1)
            #expect(lines.all.count == 1)
            #expect(lines.all.first?.contains("it is damaged") == true)
        }
    }

    private func check(foldVersion: String = "1", saying reason: String, _ spoil: (String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let lines = LogLines()
            let stores = SQLiteStateStores(folder: folder, logger: lines.logger)
            try await saveAndClose(stores, streams: 10)
            let path = stores.path(of: partition)
            try await spoil(path)

            let store = try await stores.open(partition, foldVersion: foldVersion)
            #expect(try await store.position() == .beginning)
            #expect(try await store.streams([StreamID(trusted: "order/1")]).isEmpty)
            #expect(lines.all.count == 1)
            #expect(lines.all.first?.contains(reason) == true, "\(lines.all)")
            #expect(lines.all.first?.contains(path) == true)
            try await store.save(batch(version: 1))
            #expect(try await store.streams([StreamID(trusted: "order/1")]).count == 1)
        }
    }

    /// Leaves a closed file: opening anything else of the provider waits for the closing before it.
    private func saveAndClose(_ stores: SQLiteStateStores, streams: Int) async throws {
        var store: (any StateStore)? = try await stores.open(partition, foldVersion: "1")
        try await store?.save(batch(version: 1, streams: streams))
        store = nil
        _ = try await stores.open(TopicPartition("other", Partition(0)), foldVersion: "1")
        try #require(!FileManager.default.fileExists(atPath: stores.path(of: partition) + "-wal"))
    }

    private func overwrite(_ path: String, from start: Int, to end: Int) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seek(toOffset: UInt64(start))
        try file.write(contentsOf: Data(repeating: 0xA5, count: end - start))
        try file.close()
    }
}
