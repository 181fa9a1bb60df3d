import EventLog
import EventModel
import Testing

@testable import WriteModel

/// The order of the streams in memory, and their bound.
@Suite struct StreamCacheTests {
    private let decider = CounterDecider.category.decider

    private func id(_ number: Int) -> StreamID { StreamID(trusted: "counter/\(number)") }

    private func entry() throws -> StreamEntry { try StreamEntry(nil, decider) }

    private func commit(_ number: Int) -> CommitReference {
        CommitReference(
            offset: Offset(Int64(number)), firstVersion: StreamVersion(1), events: 1, commandID: CommandID(trusted: "c\(number)"),
            commandDigest: CommandDigest(stored: []))
    }

    /// What is left of so many streams, in their own order.
    private func left(in cache: StreamCache, of count: Int) -> [Int] { (0..<count).filter { cache[id($0)] != nil } }

    private func cache(of count: Int) throws -> StreamCache {
        var cache = StreamCache()
        for number in 0..<count { cache.insert(try entry(), for: id(number)) }
        return cache
    }

    @Test func dropsTheLeastRecentlyUsedFirst() throws {
        var cache = try cache(of: 5)
        cache.use(id(0))
        cache.use(id(2))
        cache.evict(to: 4) { _ in false }
        #expect(left(in: cache, of: 5) == [0, 2, 3, 4])
        cache.use(id(3))
        cache.evict(to: 2) { _ in false }
        #expect(left(in: cache, of: 5) == [2, 3])
        cache.insert(try entry(), for: id(1))
        cache.evict(to: 2) { _ in false }
        #expect(left(in: cache, of: 5) == [1, 3])
        cache.evict(to: 0) { _ in false }
        #expect(cache.count == 0)
    }

    @Test func keepsWhatIsNotSavedOrIsNeeded() throws {
        var cache = try cache(of: 4)
        cache.update(id(0)) { $0.settle(commit(0), decider.initial) }
        cache.update(id(1)) { $0.propose(CommandID(trusted: "c1"), CommitSequence(1), decider.initial, StreamVersion(1)) }
        cache.evict(to: 1) { $0 == id(2) }
        #expect(left(in: cache, of: 4) == [0, 1, 2])
        // Once they can be dropped, they are the oldest.
        cache.insert(try entry(), for: id(5))
        cache.update(id(0)) { $0.saved(1) }
        cache.release(id(0))
        cache.evict(to: 3) { _ in false }
        #expect(left(in: cache, of: 6) == [1, 2, 5])
        cache.rollBack()
        cache.release(id(2))
        cache.evict(to: 1) { _ in false }
        #expect(left(in: cache, of: 6) == [5])
        // A use puts what eviction has met back into its place as well.
        cache.evict(to: 0) { _ in true }
        #expect(cache.count == 1)
        cache.insert(try entry(), for: id(6))
        cache.use(id(5))
        cache.evict(to: 1) { _ in false }
        #expect(left(in: cache, of: 7) == [5])
    }

    /// Against a plain list, in a random order of everything that can be done.
    @Test(arguments: [1, 2, 3] as [UInt64]) func holdsAgainstAPlainList(_ seed: UInt64) throws {
        var state = seed
        func random(below limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        var cache = StreamCache()
        /// The oldest first.
        var order: [Int] = []
        for _ in 0..<5000 {
            let number = random(below: 40)
            switch random(below: 4) {
            case 0, 1:
                cache.insert(try entry(), for: id(number))
                order.removeAll { $0 == number }
                order.append(number)
            case 2:
                cache.use(id(number))
                if order.contains(number) {
                    order.removeAll { $0 == number }
                    order.append(number)
                }
            default:
                let limit = 5 + random(below: 20)
                cache.evict(to: limit) { _ in false }
                order = order.suffix(limit)
            }
            #expect(cache.count == order.count)
        }
        #expect(left(in: cache, of: 40) == order.sorted())
        while !order.isEmpty {
            cache.evict(to: order.count - 1) { _ in false }
            order.removeFirst()
            #expect(left(in: cache, of: 40) == order.sorted())
        }
    }
}
