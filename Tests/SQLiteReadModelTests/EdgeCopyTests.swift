import EventLog
import EventModel
import Foundation
import GRDB
import HighwaterTesting
import ReadModel
import SQLiteReadModel
import Testing

/// The file as an edge read model: copied while it is written, and opened elsewhere. The ways are those of docs/edge-read-models.md.
@Suite(.timeLimit(.minutes(5))) struct EdgeCopyTests {
    enum Way: String, CaseIterable {
        case vacuumInto, backup
    }

    @Test(arguments: Way.allCases)
    func aCopyMadeWhileAWorkerWritesIsTheFoldAtItsOwnPositions(_ way: Way) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let store = try await SQLiteReadModelStore.open(path: path)
            let system = try await SampleSystem(store)
            for projection in [SampleLedger.accounts, SampleLedger.digits] { try await system.prepare(projection) }
            let first = try await system.fill(100)
            let queries = system.queries(SampleLedger.accounts, SampleLedger.digits)
            try await system.running(system.runner(SampleLedger.accounts), system.runner(SampleLedger.digits)) {
                for name in ["accounts", "deposits-by-digit"] {
                    _ = try await queries.positions(of: name, waitFor: first, timeout: .seconds(600))
                }
                async let appended = system.fill(1500, from: 100)
                for number in 1...3 {
                    let copy = folder + "/copy-\(number).sqlite"
                    try await self.copy(path, to: copy, way)
                    // As `verify` does, which leaves the copy as it is.
                    let copied = try Data(contentsOf: URL(filePath: copy))
                    let looking = try await SQLiteReadModelStore.open(path: copy, readOnly: true)
                    #expect(try await system.verification(SampleLedger.accounts, store: looking).run().isEqual)
                    await looking.close()
                    #expect(try Data(contentsOf: URL(filePath: copy)) == copied)
                    let elsewhere = try await SQLiteReadModelStore.open(path: copy)
                    let positions = try await elsewhere.livePositions(of: "accounts")
                    #expect(first.allSatisfy(positions.hasApplied))
                    for projection in [SampleLedger.accounts, SampleLedger.digits] {
                        #expect(try await system.verification(projection, store: elsewhere).run().isEqual)
                    }
                    await elsewhere.close()
                }
                // The writer has not noticed.
                let ends = try await appended
                for name in ["accounts", "deposits-by-digit"] {
                    _ = try await queries.positions(of: name, waitFor: ends, timeout: .seconds(600))
                }
            }
            #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
            await store.close()
        }
    }

    /// As other programs see it: read only, through the view, while the engine writes.
    @Test func otherProgramsReadTheViewWhileItIsWritten() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let store = try await SQLiteReadModelStore.open(path: path)
            let system = try await SampleSystem(store)
            try await system.prepare(SampleLedger.digits)
            var configuration = Configuration()
            configuration.readonly = true
            let reader = try DatabaseQueue(path: path, configuration: configuration)
            #expect(try await reader.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
            let ends = try await system.fill(200)
            try await system.running(system.runner(SampleLedger.digits)) {
                _ = try await system.queries(SampleLedger.digits).positions(of: "deposits-by-digit", waitFor: ends, timeout: .seconds(600))
                let sum = try await reader.read { try Int.fetchOne($0, sql: "SELECT SUM(count) FROM deposits_by_digit") }
                #expect(sum == 200)
            }
            try reader.close()
            await store.close()
        }
    }

    private func copy(_ path: String, to copy: String, _ way: Way) async throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        let source = try DatabaseQueue(path: path, configuration: configuration)
        switch way {
        case .vacuumInto: try await source.vacuum(into: copy)
        case .backup: try source.backup(to: try DatabaseQueue(path: copy))
        }
        try source.close()
    }
}
