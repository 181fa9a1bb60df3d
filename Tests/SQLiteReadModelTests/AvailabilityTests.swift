import EventModel
import Foundation
import ReadModel
import SQLiteReadModel
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct AvailabilityTests {
    /// Since when, by its clock, and why: until the file can be read again.
    @Test func aFileThatIsOverwrittenIsToldOf() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let time = Mutex<Int64>(1_000_000)
            let store = try await SQLiteReadModelStore.open(path: path, now: { Timestamp(microseconds: time.withLock { $0 }) })
            #expect(await store.availability(within: .seconds(60)) == .reachable)
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data(String(repeating: "no database ", count: 1000).utf8))
            try file.close()
            for now in [2_000_000, 3_000_000] as [Int64] {
                time.withLock { $0 = now }
                guard case .unreachable(let since, let reason) = await store.availability(within: .seconds(60)) else {
                    Issue.record("it is reachable")
                    return
                }
                #expect(since == Timestamp(microseconds: 2_000_000) && reason.contains(path), "\(since) \(reason)")
            }
            await store.close()
        }
    }
}
