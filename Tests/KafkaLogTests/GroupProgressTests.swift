import EventLog
import Testing

@testable import KafkaLog

@Suite struct GroupProgressTests {
    private let zero = Partition(0)
    private let one = Partition(1)

    private func progress(of partitions: Set<Partition>, at offsets: [Partition: Offset] = [:]) -> GroupProgress {
        var progress = GroupProgress()
        progress.assign(partitions)
        progress.advance(to: offsets)
        return progress
    }

    @Test func theNewestIsTakenOnce() {
        var progress = progress(of: [zero, one], at: [zero: Offset(1), one: Offset(5)])
        progress.advance(to: [zero: Offset(2)])
        #expect(progress.take() == [zero: Offset(2), one: Offset(5)])
        #expect(progress.take() == [:])
    }

    @Test func whatWasGivenToOthersIsTheirsToTell() {
        var progress = progress(of: [zero, one], at: [zero: Offset(1), one: Offset(5)])
        progress.assign([one])
        progress.advance(to: [zero: Offset(2)])
        #expect(progress.take() == [one: Offset(5)])
        progress.putBack([zero: Offset(2)])
        #expect(progress.take() == [:])
    }

    @Test func whatFailedIsTakenAgainUnlessNewerIsKnown() {
        var progress = progress(of: [zero, one], at: [zero: Offset(1), one: Offset(5)])
        let failed = progress.take()
        progress.advance(to: [zero: Offset(3)])
        progress.putBack(failed)
        #expect(progress.take() == [zero: Offset(3), one: Offset(5)])
    }

    @Test func whileTheGroupRebalancesNothingIsTaken() {
        var progress = progress(of: [zero, one], at: [zero: Offset(1), one: Offset(5)])
        progress.revoke()
        progress.advance(to: [zero: Offset(2)])
        #expect(progress.take() == [:])
        progress.assign([zero])
        #expect(progress.take() == [zero: Offset(2)])
    }
}
