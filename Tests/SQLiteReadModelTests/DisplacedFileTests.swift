import EventLog
import EventModel
import Foundation
import GRDB
import HighwaterTesting
import ReadModel
import SQLiteReadModel
import Testing

/// The file is removed or replaced while workers write it and readers read it: what is at its path is used, and folded up to the log's end.
@Suite(.timeLimit(.minutes(5))) struct DisplacedFileTests {
    enum Loss: String, CaseIterable {
        case removed, folderRemoved, writeAheadLogRemoved, indexRemoved, replacedByOlder
    }

    @Test(arguments: Loss.allCases) func aWorkerGoesOnWithWhatIsThere(_ loss: Loss) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/data/views.sqlite"
            let store = try await SQLiteReadModelStore.open(path: path)
            var system = try await SampleSystem(store)
            system.options.storeCheck = .milliseconds(1)
            let first = try await system.fill(100)
            try await system.prepare(SampleLedger.accounts)
            let queries = system.queries(SampleLedger.accounts)
            try await system.running(system.runner(SampleLedger.accounts)) { [system] in
                _ = try await queries.positions(of: "accounts", waitFor: first, timeout: .seconds(600))
                try await DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO '\(folder)/copy'") }
                let second = try await system.fill(100, from: 100)
                _ = try await queries.positions(of: "accounts", waitFor: second, timeout: .seconds(600))
                switch loss {
                case .removed: for name in ["", "-wal", "-shm"] { unlink(path + name) }
                case .folderRemoved: try FileManager.default.removeItem(atPath: folder + "/data")
                case .writeAheadLogRemoved: unlink(path + "-wal")
                case .indexRemoved: unlink(path + "-shm")
                case .replacedByOlder: rename(folder + "/copy", path)
                }
                // No event comes: the worker finds it out by itself.
                while true {
                    let rows = try? await queries.positions(of: "accounts", waitFor: second, timeout: .seconds(600))
                    if rows != nil { break }
                }
                #expect(FileManager.default.fileExists(atPath: path))
                let third = try await system.fill(100, from: 200)
                _ = try await queries.positions(of: "accounts", waitFor: third, timeout: .seconds(600))
            }
            #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
            await store.close()
            // It is all in the file that is there.
            let again = try await SQLiteReadModelStore.open(path: path)
            #expect(try await system.verification(SampleLedger.accounts, store: again).run().isEqual)
            await again.close()
        }
    }

    /// A copy over the file leaves a mixture, which is not read: the worker says what to do, and goes on once that is done.
    @Test func overwrittenInPlace() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let store = try await SQLiteReadModelStore.open(path: path)
            var system = try await SampleSystem(store)
            system.options.storeCheck = .milliseconds(1)
            let first = try await system.fill(100)
            try await system.prepare(SampleLedger.accounts)
            let queries = system.queries(SampleLedger.accounts)
            let runner = system.runner(SampleLedger.accounts)
            try await system.running(runner) { [system] in
                _ = try await queries.positions(of: "accounts", waitFor: first, timeout: .seconds(600))
                let other = try DatabaseQueue(path: path)
                try await other.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
                let copy = try Data(contentsOf: URL(filePath: path))
                let second = try await system.fill(2000, accounts: 1000, from: 100)
                _ = try await queries.positions(of: "accounts", waitFor: second, timeout: .seconds(600))
                try await other.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
                try other.close()
                _ = try await queries.positions(of: "accounts")
                let descriptor = open(path, O_WRONLY | O_TRUNC)
                copy.withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
                close(descriptor)
                let error = await #expect(throws: ReadModelError.self) { try await queries.positions(of: "accounts") }
                #expect(error?.message.contains("overwritten in place") == true, "\(String(describing: error))")
                while runner.status.failure?.contains("overwritten in place") != true { await Task.yield() }
                for name in ["", "-wal", "-shm"] { unlink(path + name) }
                while (try? await queries.positions(of: "accounts", waitFor: second, timeout: .seconds(600))) == nil {}
            }
            #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
            await store.close()
        }
    }
}
