import Foundation
import GRDB
import HighwaterTesting
import ReadModel
import Testing

@testable import SQLiteReadModel

/// By what a file is told from its copies: two with one identity would share a consumer group, and each would lack what the other has.
@Suite(.timeLimit(.minutes(5))) struct SQLiteIdentityTests {
    private func identity(_ path: String, readOnly: Bool = false) async throws -> String? {
        let store = try await SQLiteReadModelStore.open(path: path, readOnly: readOnly)
        let identity = store.identity
        await store.close()
        return identity
    }

    @Test func oneFileIsTheSameForAllWhoOpenIt() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let identities = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<6 { group.addTask { try await identity(path) } }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(identities.count == 1)
            let later = try await identity(path)
            #expect(identities == [later] && later?.hasPrefix("sqlite") == true)
            #expect(try await identity(path, readOnly: true) == later)
            // Another path to it is no other file.
            try FileManager.default.createSymbolicLink(atPath: folder + "/link.sqlite", withDestinationPath: path)
            #expect(try await identity(folder + "/link.sqlite") == later)
        }
    }

    @Test(arguments: [true, false]) func aCopyIsAnother(byVacuum: Bool) async throws {
        try await withTemporaryFolder { folder in
            let (path, copy) = (folder + "/views.sqlite", folder + "/copy.sqlite")
            let original = try #require(try await identity(path))
            let queue = try DatabaseQueue(path: path)
            if byVacuum {
                try await queue.vacuum(into: copy)
            } else {
                try await queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
                try FileManager.default.copyItem(atPath: path, toPath: copy)
            }
            try queue.close()
            // Whoever only looks changes nothing, and joins no group.
            #expect(try await identity(copy, readOnly: true) == nil)
            let copied = try #require(try await identity(copy))
            #expect(copied != original)
            #expect(try await identity(copy) == copied)
            #expect(try await identity(path) == original)
            // A backup that is moved over the original is another file as well.
            for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
            try FileManager.default.moveItem(atPath: copy, toPath: path)
            #expect(try await identity(path) == copied)
        }
    }

    /// What says so in the file stands for a container with the same path, and a disk of its own that was copied.
    @Test(arguments: ["host = 'elsewhere'", "device = device + 1", "file = file + 1"])
    func anotherPlaceIsAnother(_ change: String) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let original = try #require(try await identity(path))
            let queue = try DatabaseQueue(path: path)
            try await queue.write { try $0.execute(sql: "UPDATE highwater_identity SET \(change)") }
            try queue.close()
            let other = try await identity(path)
            #expect(other != nil && other != original)
            #expect(try await identity(path) == other)
        }
    }

    /// As version 19779f4 left it.
    @Test func aFileOfBeforeIsGivenOne() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let queue = try DatabaseQueue(path: path)
            try await queue.write { try SQLiteLayout.migrate($0, path: path, steps: Array(SQLiteLayout.steps.prefix(1))) }
            try queue.close()
            let given = try await identity(path)
            #expect(given != nil)
            #expect(try await identity(path) == given)
        }
    }
}
