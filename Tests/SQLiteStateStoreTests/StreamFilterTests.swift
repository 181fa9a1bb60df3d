import EventLog
import EventModel
import Testing
import WriteModel

@testable import SQLiteStateStore

@Suite struct StreamFilterTests {
    @Test func whatWasEnteredIsNeverDenied() {
        let filter = StreamFilter()
        filter.complete()
        let names = (0..<50_000).map { "order/\($0)" }
        for start in stride(from: 0, to: names.count, by: 1000) { filter.insert(names[start..<start + 1000]) }
        #expect(names.allSatisfy(filter.mayContain))
    }

    @Test func mostOfWhatWasNotEnteredIsDenied() {
        let filter = StreamFilter()
        filter.insert((0..<50_000).map { "order/\($0)" })
        #expect((0..<10_000).allSatisfy { filter.mayContain("customer/\($0)") }, "denies before it knows all")
        filter.complete()
        let notDenied = (0..<10_000).count { filter.mayContain("customer/\($0)") }
        #expect(notDenied < 100)
    }

    /// What an earlier opening saved is in the file when the next one reads its names.
    @Test(.timeLimit(.minutes(5))) func aReopenedStoreDeniesOnlyWhatItDoesNotHold() async throws {
        try await withTemporaryFolder { folder in
            let stores = SQLiteStateStores(folder: folder)
            try await stores.open(partition, foldVersion: "1").save(batch(version: 1, streams: 2))
            let store = try await stores.open(partition, foldVersion: "1")
            let (known, unknown) = (StreamID(trusted: "order/1"), StreamID(trusted: "order/2"))
            #expect(store.mayHold(known))
            // The names are read before the next lookup, on the same queue.
            #expect(try await store.streams([known, unknown]).keys.map(\.self) == [known])
            #expect(store.mayHold(known))
            #expect(!store.mayHold(unknown))
            try await store.save(batch(version: 2, streams: 3))
            #expect(store.mayHold(unknown))
        }
    }
}
