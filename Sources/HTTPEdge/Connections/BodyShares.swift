import NIOCore

/// Bytes of memory that requests' bodies take in turn: each its share, from before it is read until its request is answered.
///
/// A body that finds too little left waits in line. Large bodies leave a quarter to small ones, whose line goes first: a few large ones do not
/// hold up the many.
struct BodyShares {
    /// A body up to this size is small.
    static let smallBytes = 64 << 10

    private struct Share {
        let bytes: Int
        let isLarge: Bool
        var isTaken = false
    }

    let capacity: Int
    private let largeCapacity: Int
    private var shares: [Int: Share] = [:]
    private var made = 0
    private var taken = 0
    private var takenLarge = 0
    private var smallLine = CircularBuffer<Int>()
    private var largeLine = CircularBuffer<Int>()

    init(capacity: Int) {
        self.capacity = capacity
        largeCapacity = capacity - capacity / 4
    }

    /// Bytes that are taken.
    var inUse: Int { taken }

    /// - Returns: the share's number, and whether it is taken; else it waits.
    mutating func ask(_ bytes: Int) -> (share: Int, isTaken: Bool) {
        made += 1
        let isLarge = bytes > Self.smallBytes
        // One that is larger than all there is gets all there is.
        shares[made] = Share(bytes: min(bytes, isLarge ? largeCapacity : capacity), isLarge: isLarge)
        let mayTake = isLarge ? largeLine.isEmpty && smallLine.isEmpty : smallLine.isEmpty
        if mayTake, take(made) { return (made, true) }
        if isLarge { largeLine.append(made) } else { smallLine.append(made) }
        return (made, false)
    }

    /// Ends a share, taken or not.
    ///
    /// - Returns: the shares that could be taken therefore.
    mutating func giveBack(_ number: Int) -> [Int] {
        guard let share = shares.removeValue(forKey: number) else { return [] }
        if share.isTaken {
            taken -= share.bytes
            if share.isLarge { takenLarge -= share.bytes }
        }
        return advance(\.smallLine) + advance(\.largeLine)
    }

    private mutating func advance(_ line: WritableKeyPath<BodyShares, CircularBuffer<Int>>) -> [Int] {
        var served: [Int] = []
        while let first = self[keyPath: line].first {
            guard shares[first] == nil || take(first) else { break }
            self[keyPath: line].removeFirst()
            if shares[first] != nil { served.append(first) }
        }
        return served
    }

    private mutating func take(_ number: Int) -> Bool {
        guard let share = shares[number], taken + share.bytes <= capacity else { return false }
        guard !share.isLarge || takenLarge + share.bytes <= largeCapacity else { return false }
        shares[number]?.isTaken = true
        taken += share.bytes
        if share.isLarge { takenLarge += share.bytes }
        return true
    }
}
