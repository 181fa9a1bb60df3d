import EventModel
import Synchronization

/// Which streams a store may hold: answers "not this one" without asking the file. A scalable Bloom filter (Almeida and others, 2007).
///
/// It never denies a stream that was entered. While the file's streams are still being entered it denies none at all. One in a thousand
/// of those that are not there is not denied.
final class StreamFilter: Sendable {
    private struct State {
        var segments = [BloomSegment(capacity: 1 << 12)]
        var isComplete = false
    }

    private let state = Mutex(State())

    /// Enters streams, before they can be in the file.
    func insert(_ names: some Sequence<String>) {
        let hashes = names.map(Self.hash)
        state.withLock { state in
            for hash in hashes where !state.segments.contains(where: { $0.contains(hash) }) {
                if let last = state.segments.last, last.isFull {
                    state.segments.append(BloomSegment(capacity: 4 * last.capacity))
                }
                state.segments[state.segments.count - 1].insert(hash)
            }
        }
    }

    /// All that the file holds has been entered.
    func complete() { state.withLock { $0.isComplete = true } }

    func mayContain(_ name: String) -> Bool {
        let hash = Self.hash(name)
        return state.withLock { state in
            !state.isComplete || state.segments.contains { $0.contains(hash) }
        }
    }

    /// Of the bytes, so that texts are told apart as SQLite does. Seeded anew in each process.
    private static func hash(_ name: String) -> UInt64 {
        var name = name
        return name.withUTF8 { bytes in
            var hasher = Hasher()
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }
    }
}

/// One Bloom filter of 16 bits and 7 probes an element, which makes one in two thousand that are not there look as if they were.
private struct BloomSegment {
    let capacity: Int
    private var count = 0
    private var words: [UInt64]

    /// - Parameter capacity: a power of two.
    init(capacity: Int) {
        self.capacity = capacity
        words = Array(repeating: 0, count: capacity / 4)
    }

    var isFull: Bool { count >= capacity }

    mutating func insert(_ hash: UInt64) {
        for bit in bits(of: hash) { words[bit >> 6] |= 1 << UInt64(bit & 63) }
        count += 1
    }

    func contains(_ hash: UInt64) -> Bool {
        bits(of: hash).allSatisfy { words[$0 >> 6] & (1 << UInt64($0 & 63)) != 0 }
    }

    /// Two halves of the hash make as many as are needed (Kirsch and Mitzenmacher, 2006).
    private func bits(of hash: UInt64) -> some Sequence<Int> {
        let mask = UInt64(words.count * 64 - 1)
        let (low, high) = (hash & 0xFFFF_FFFF, hash >> 32 | 1)
        return (0..<7 as Range<UInt64>).lazy.map { Int((low &+ $0 &* high) & mask) }
    }
}
