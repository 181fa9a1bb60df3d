import EventLog
import EventModel
import Foundation
import Logging
import Testing

@testable import SQLiteLog

/// The newest member of a group works on the log; when it has gone, the newest of the others does.
@Suite(.timeLimit(.minutes(5))) struct MembershipTests {
    private let all: Set<Partition> = [Partition(0), Partition(1)]

    private func opened(_ path: String, logger: Logger? = nil) async throws -> SQLiteLog {
        var options = SQLiteLog.Options()
        options.membershipInterval = .milliseconds(2)
        let log = try await SQLiteLog(path: path, options: options, logger: logger)
        _ = try await log.ensureTopic("ordering", partitions: 2)
        return log
    }

    /// The next word that is another one.
    private func change(of words: inout AsyncStream<Set<Partition>>.Iterator, from word: Set<Partition>) async -> Set<Partition>? {
        while let next = await words.next() { if next != word { return next } }
        return nil
    }

    @Test func theNewestWorksAndTheOthersFollow() async throws {
        let folder = try TemporaryFolder()
        var logs: [SQLiteLog] = []
        var members: [any GroupMembership] = []
        var words: [AsyncStream<Set<Partition>>.Iterator] = []
        for number in 0..<3 {
            logs.append(try await opened(folder.file()))
            members.append(try await logs[number].join(group: "writers", topic: "ordering"))
            words.append(members[number].assignments.makeAsyncIterator())
            #expect(await words[number].next() == all)
            if number > 0 { #expect(await change(of: &words[number - 1], from: all) == []) }
        }
        // One in the middle goes: nothing changes. Then the newest: the oldest is the only one that is left.
        await members[1].leave()
        await members[2].leave()
        #expect(await words[0].next() == all)
        // A member that comes again is the newest.
        let again = try await logs[1].join(group: "writers", topic: "ordering")
        #expect(await change(of: &words[0], from: all) == [])
        await again.leave()
        #expect(await words[0].next() == all)
        // The set is repeated: an owner that was deposed meanwhile may have heard it before it knew.
        #expect(await words[0].next() == all)
        await members[0].leave()
        #expect(await change(of: &words[0], from: all) == nil)
        for log in logs { await log.close() }
    }

    @Test func groupsAndTopicsKeepApart() async throws {
        let folder = try TemporaryFolder()
        let log = try await opened(folder.file())
        _ = try await log.ensureTopic("shipping", partitions: 2)
        var kept: [MemberLock] = []
        for group in ["writers ordering", "writers shipping", "order-summary.projectors ordering"] {
            let lock = try #require(try MemberLock(group: group, path: folder.file() + "-wal"))
            #expect(!lock.hasOlder && !lock.hasNewer)
            kept.append(lock)
        }
        let second = try #require(try MemberLock(group: "writers ordering", path: folder.file() + "-wal"))
        #expect(second.hasOlder && !second.hasNewer && kept[0].hasNewer && !kept[1].hasNewer)
        await log.close()
    }
}
