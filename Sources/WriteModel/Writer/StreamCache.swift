import EventModel

/// The streams in a writer's memory, in the order of their last use. A use, an insertion and a removal take constant time: the order is a
/// list through the slots of an array, which are used again.
///
/// A stream whose commits are in flight or not saved cannot be dropped. Where eviction meets one it takes it out of the order, so that it is
/// not met again, until it is used or can be dropped.
struct StreamCache {
    private struct Slot {
        let id: StreamID
        /// Nil where the slot is free.
        var entry: StreamEntry?
        /// The neighbours in the order; ``none`` at its ends.
        var older = StreamCache.none
        var newer = StreamCache.none
        var isOrdered = false
    }

    private static let none = -1

    private var slots: [Slot] = []
    private var free: [Int] = []
    private var places: [StreamID: Int] = [:]
    private var oldest = Self.none
    private var newest = Self.none

    var count: Int { places.count }

    subscript(id: StreamID) -> StreamEntry? { places[id].flatMap { slots[$0].entry } }

    /// Enters a stream, or replaces it, as the last used.
    mutating func insert(_ entry: StreamEntry, for id: StreamID) {
        if let place = places[id] {
            slots[place].entry = entry
        } else if let place = free.popLast() {
            slots[place] = Slot(id: id, entry: entry)
            places[id] = place
        } else {
            places[id] = slots.count
            slots.append(Slot(id: id, entry: entry))
        }
        use(id)
    }

    /// Makes a stream the last used.
    mutating func use(_ id: StreamID) {
        guard let place = places[id], place != newest else { return }
        unlink(place)
        link(place, newerThan: newest)
    }

    /// Changes a stream in place, without effect on the order.
    mutating func update(_ id: StreamID, _ change: (inout StreamEntry) -> Void) {
        guard let place = places[id], var entry = slots[place].entry else { return }
        slots[place].entry = nil  // not to be copied by the change
        change(&entry)
        slots[place].entry = entry
    }

    /// Nothing that was in flight has landed.
    mutating func rollBack() {
        for place in slots.indices where slots[place].entry != nil {
            slots[place].entry?.rollBack()
            release(place)
        }
    }

    /// Drops streams, the least recently used first, until `limit` of them are left or no other can be dropped.
    ///
    /// - Parameter isNeeded: whether a stream that could be dropped must stay all the same.
    mutating func evict(to limit: Int, isNeeded: (StreamID) -> Bool) {
        while count > limit, oldest != Self.none {
            let place = oldest
            unlink(place)
            guard let entry = slots[place].entry, entry.isIdle, !isNeeded(slots[place].id) else { continue }
            places[slots[place].id] = nil
            slots[place].entry = nil
            free.append(place)
        }
    }

    /// Puts a stream that eviction has met back into the order, as the least recently used, once it can be dropped.
    mutating func release(_ id: StreamID) {
        if let place = places[id] { release(place) }
    }

    mutating func removeAll() { self = StreamCache() }

    private mutating func release(_ place: Int) {
        guard !slots[place].isOrdered, slots[place].entry?.isIdle == true else { return }
        link(place, newerThan: Self.none)
    }

    private mutating func link(_ place: Int, newerThan older: Int) {
        let newer = older == Self.none ? oldest : slots[older].newer
        slots[place].older = older
        slots[place].newer = newer
        slots[place].isOrdered = true
        if older == Self.none { oldest = place } else { slots[older].newer = place }
        if newer == Self.none { newest = place } else { slots[newer].older = place }
    }

    private mutating func unlink(_ place: Int) {
        guard slots[place].isOrdered else { return }
        let (older, newer) = (slots[place].older, slots[place].newer)
        if older == Self.none { oldest = newer } else { slots[older].newer = newer }
        if newer == Self.none { newest = older } else { slots[newer].older = older }
        slots[place].isOrdered = false
    }
}
