import Dispatch
import EventLog
import EventModel
import Foundation
import GRDB
import Logging
import Testing
import WriteModel

@testable import SQLiteStateStore

/// Storage that cannot be written is an error that says so.
struct StorageFaultTests {
    @Test func aFileInPlaceOfTheFolder() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/state"
            try Data("a file".utf8).write(to: URL(fileURLWithPath: path))
            let error = await #expect(throws: StateStoreError.self) {
                _ = try await SQLiteStateStores(folder: path).open(partition, foldVersion: "1")
            }
            #expect(error?.code == .storage)
            #expect(error?.message.contains(path) == true)
        }
    }

    @Test func aFolderInPlaceOfTheFile() async throws {
        try await withTemporaryFolder { folder in
            let stores = SQLiteStateStores(folder: folder)
            let path = stores.path(of: partition)
            try FileManager.default.createDirectory(atPath: path + "/full", withIntermediateDirectories: true)
            let error = await #expect(throws: StateStoreError.self) { _ = try await stores.open(partition, foldVersion: "1") }
            #expect(error?.code == .storage)
            #expect(error?.message.contains(path) == true)
            #expect(FileManager.default.fileExists(atPath: path + "/full"))
        }
    }

    /// A limit of pages stands in for the disk's end: SQLite reports the same.
    @Test func aFullDisk() async throws {
        try await withTemporaryFolder { folder in
            let place = StateFile.Place(
                path: folder + "/ordering-7.sqlite", partition: partition, foldVersion: "1", logger: Logger(label: "test"))
            let file = try StateFile.open(place)
            let store = SQLiteStateStore(file, queue: DispatchQueue(label: "test"))
            try await store.save(batch(version: 1))
            let pages = try await file.writer.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA page_count") } ?? 0
            try await file.writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages + 4)") }

            let error = await #expect(throws: StateStoreError.self) { try await store.save(batch(version: 2, stateBytes: 50_000)) }
            #expect(error?.code == .storage)
            #expect(error?.isRetriable == true)
            #expect(error?.message.contains("disk is full") == true)
            #expect(try await store.position() == position(1))

            try await file.writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
            try await store.save(batch(version: 2, stateBytes: 50_000))
            #expect(try await store.position() == position(2))
        }
    }

    @Test func readsDoNotWaitForAWriter() async throws {
        try await withTemporaryFolder { folder in
            let stores = SQLiteStateStores(folder: folder)
            let store = try await stores.open(partition, foldVersion: "1")
            try await store.save(batch(version: 1))
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let writer = try DatabaseQueue(path: stores.path(of: partition), configuration: configuration)
            try await writer.writeWithoutTransaction { db in
                try db.execute(sql: "BEGIN IMMEDIATE; UPDATE streams SET version = 99")
            }
            #expect(try await store.streams([StreamID(trusted: "order/1")]).values.first?.version == StreamVersion(1))
            #expect(try await store.commit(of: CommandID(trusted: "command-1"), on: StreamID(trusted: "order/1")) == commit(1))
            try await writer.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        }
    }

    @Test func aBatchThatFailsLeavesNothing() async throws {
        try await withTemporaryFolder { folder in
            let stores = SQLiteStateStores(folder: folder)
            let store = try await stores.open(partition, foldVersion: "1")
            try await store.save(batch(version: 1))
            let spoiler = try DatabaseQueue(path: stores.path(of: partition))
            try await spoiler.write {
                try $0.execute(
                    sql: """
                        CREATE TRIGGER spoil BEFORE INSERT ON commits WHEN NEW.command_id = 'command-2' AND NEW.stream > 5
                        BEGIN SELECT RAISE(ABORT, 'spoilt'); END
                        """)
            }
            let error = await #expect(throws: StateStoreError.self) { try await store.save(batch(version: 2)) }
            #expect(error?.code == .internalError)
            #expect(try await store.position() == position(1))
            for stream in try await store.streams((0..<10).map { StreamID(trusted: "order/\($0)") }).values {
                #expect(stream.version == StreamVersion(1))
                #expect(stream.recent.count == 1)
            }
            try await spoiler.write { try $0.execute(sql: "DROP TRIGGER spoil") }
            try await store.save(batch(version: 2))
            #expect(try await store.position() == position(2))
        }
    }
}
