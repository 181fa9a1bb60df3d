import EventLog
import EventModel
import Foundation
import SQLiteStateStore
import Testing
import WriteModel

/// What a process that dies leaves behind is a whole batch, and everything before it.
struct CrashTests {
    /// Copies of the file and its WAL, made between and during saves, stand in for what is on the disk at a kill. The small states stay in
    /// the WAL; the large ones make checkpoints, during which the database is half new.
    @Test(arguments: [20, 50_000])
    func copiesMadeMidwayAreWholeBatches(stateBytes: Int) async throws {
        try await withTemporaryFolder { folder in
            let stores = SQLiteStateStores(folder: folder + "/live")
            let store = try await stores.open(partition, foldVersion: "1")
            let path = stores.path(of: partition)
            for version in 1...30 as ClosedRange<Int64> {
                try await store.save(batch(version: version, stateBytes: stateBytes))
                let copy = SQLiteStateStores(folder: folder + "/copy-\(version)")
                try copyFiles(path, to: copy)
                try await check(copy, isAt: version, stateBytes: stateBytes)
            }
        }
    }

    /// A WAL that ends within a batch: the batch is not there, those before are.
    @Test func aBatchCutShortIsNotThere() async throws {
        try await withTemporaryFolder { folder in
            let stores = SQLiteStateStores(folder: folder + "/live")
            let store = try await stores.open(partition, foldVersion: "1")
            let path = stores.path(of: partition)
            try await store.save(batch(version: 1))
            let before = try size(path + "-wal")
            try await store.save(batch(version: 2))
            let after = try size(path + "-wal")
            try #require(after > before)
            for (number, end) in stride(from: before, through: after, by: 1500).enumerated() {
                let copy = SQLiteStateStores(folder: folder + "/copy-\(number)")
                try copyFiles(path, to: copy)
                let wal = try FileHandle(forWritingTo: URL(fileURLWithPath: copy.path(of: partition) + "-wal"))
                try wal.truncate(atOffset: end)
                try wal.close()
                try await check(copy, isAt: end == after ? 2 : 1, stateBytes: 20)
            }
        }
    }

    /// A database deleted, and its WAL not: the WAL is not taken for the new file's.
    @Test func aLeftOverWALIsIgnored() async throws {
        try await withTemporaryFolder { folder in
            let stores = SQLiteStateStores(folder: folder + "/live")
            let store = try await stores.open(partition, foldVersion: "1")
            try await store.save(batch(version: 1))
            let copy = SQLiteStateStores(folder: folder + "/copy")
            try copyFiles(stores.path(of: partition), to: copy)
            try FileManager.default.removeItem(atPath: copy.path(of: partition))
            let reopened = try await copy.open(partition, foldVersion: "1")
            #expect(try await reopened.position() == .beginning)
            try await reopened.save(batch(version: 1))
            #expect(try await reopened.position() == position(1))
        }
    }

    private func copyFiles(_ path: String, to stores: SQLiteStateStores) throws {
        try FileManager.default.createDirectory(atPath: stores.folder, withIntermediateDirectories: true)
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: stores.path(of: partition) + suffix)
        }
    }

    private func size(_ path: String) throws -> UInt64 {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64)
    }

    private func check(_ stores: SQLiteStateStores, isAt version: Int64, stateBytes: Int) async throws {
        let store = try await stores.open(partition, foldVersion: "1")
        #expect(try await store.position() == position(version))
        let streams = try await store.streams((0..<10).map { StreamID(trusted: "order/\($0)") })
        #expect(streams.count == 10)
        for (id, stream) in streams {
            #expect(stream.version == StreamVersion(version))
            #expect(stream.state == Bytes(repeating: UInt8(truncatingIfNeeded: version), count: stateBytes))
            #expect(stream.recent.count == Int(version))
            let commits = try await store.commits(of: id, from: StreamVersion(1), limit: 1000)
            #expect(commits.map(\.firstVersion.rawValue) == Array(1...version))
        }
    }
}
