import EventLog
import EventModel
import Testing

@testable import WriteModel

extension Fleet {
    /// Every command was committed, once, as its client was told, and nothing else was; versions have no gaps.
    func expectAllCommitted(_ told: [CommandStream.Told]) async throws {
        let commits = try await commits()
        #expect(commits.count == told.count)
        var byID: [CommandID: Commit] = [:]
        var versions: [StreamID: StreamVersion] = [:]
        for commit in commits {
            #expect(byID.updateValue(commit, forKey: commit.commandID) == nil, "\(commit.commandID) is committed twice")
            #expect(commit.firstVersion == (versions[commit.stream] ?? .none).next)
            versions[commit.stream] = commit.lastVersion
        }
        for answer in told {
            let receipt = answer.outcome.receipt
            #expect(receipt != nil, "\(answer.command.id) was answered \(answer.outcome)")
            #expect(byID[answer.command.id]?.lastVersion == receipt?.version)
            #expect(receipt?.isReplay == false)
        }
    }
}
