/// Lines on their way to a reader that may be slow, bounded by their bytes.
///
/// A line that does not fit is dropped and counted. From then on every line is dropped until half of the room is free, so that what is
/// missing is one gap. A line that tells how many are missing stands in its place.
struct PendingLines {
    /// What is written at once.
    struct Chunk {
        var bytes: [UInt8] = []
        /// How many of the added lines are in it.
        var lines = 0
        /// How many missing lines it tells of.
        fileprivate var told = 0
    }

    private let capacity: Int
    private let notice: @Sendable (_ missing: Int) -> [UInt8]
    private var waiting: [(line: [UInt8], told: Int?)] = []
    /// Of the first of `waiting` that is still to be written.
    private var first = 0
    private var byteCount = 0
    /// Missing lines of which no line tells yet.
    private var gap = 0
    /// Whether telling of the gap was tried and failed since a line was added.
    private var isTellingFutile = false
    /// How many lines were ever dropped or lost.
    private(set) var dropped = 0

    /// - Parameters:
    ///   - capacity: how many bytes may wait.
    ///   - notice: the line that tells of missing ones.
    init(capacity: Int, notice: @escaping @Sendable (_ missing: Int) -> [UInt8]) {
        self.capacity = capacity
        self.notice = notice
    }

    var isEmpty: Bool { first == waiting.count && (gap == 0 || isTellingFutile) }

    /// Whether the line was taken, and not dropped.
    mutating func add(_ line: [UInt8]) -> Bool {
        let room = gap > 0 ? capacity / 2 : capacity
        guard byteCount + line.count <= room else {
            gap += 1
            dropped += 1
            return false
        }
        tellOfGap()
        append(line, told: nil)
        isTellingFutile = false
        return true
    }

    /// The oldest lines, whole: at most `limit` bytes, or one line that is longer. Nil where none waits.
    mutating func take(upTo limit: Int) -> Chunk? {
        guard !isEmpty else { return nil }
        if first == waiting.count { tellOfGap() }
        var chunk = Chunk()
        while first < waiting.count {
            let (line, told) = waiting[first]
            guard chunk.bytes.isEmpty || chunk.bytes.count + line.count <= limit else { break }
            chunk.bytes += line
            if let told { chunk.told += told } else { chunk.lines += 1 }
            byteCount -= line.count
            waiting[first].line = []
            first += 1
        }
        // Each line is moved once at the most on average.
        if first > waiting.count / 2 {
            waiting.removeFirst(first)
            first = 0
        }
        return chunk
    }

    /// Notes that a chunk could not be written: its lines are missing too.
    mutating func lose(_ chunk: Chunk) {
        gap += chunk.lines + chunk.told
        dropped += chunk.lines
        isTellingFutile = true
    }

    private mutating func tellOfGap() {
        guard gap > 0 else { return }
        append(notice(gap), told: gap)
        gap = 0
    }

    private mutating func append(_ line: [UInt8], told: Int?) {
        waiting.append((line, told))
        byteCount += line.count
    }
}
