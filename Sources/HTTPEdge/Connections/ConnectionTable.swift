import Metrics
import NIOCore
import Synchronization

/// All connections of a server, of which there are no more than a limit, and a few spare ones that are told so.
///
/// A newcomer beyond the limit takes the place of the connection that has been without a request for longest, where one has for a second.
/// Where there is none it is a spare one: its first request is answered that there is no room, unless it is a probe.
final class ConnectionTable: Sendable {
    final class Entry: Sendable {
        /// When its connection came to be without a request, in nanoseconds of the system's clock; ``busy`` while it has one.
        private let idleSince: Atomic<UInt64>
        private let eviction: Mutex<(@Sendable () -> Void)?>
        /// Whether it has had a regular place, which it keeps while it has a request.
        fileprivate let isRegular = Atomic(false)

        private static let busy = UInt64.max

        fileprivate init(_ now: NIODeadline) {
            idleSince = Atomic(now.uptimeNanoseconds)
            eviction = Mutex(nil)
        }

        /// - Parameter evict: closes the connection, unless a request has come meanwhile.
        func onEviction(_ evict: @escaping @Sendable () -> Void) { eviction.withLock { $0 = evict } }

        func beBusy() { idleSince.store(Self.busy, ordering: .relaxed) }
        func beIdle(_ now: NIODeadline) { idleSince.store(now.uptimeNanoseconds, ordering: .relaxed) }

        fileprivate var sinceIdle: UInt64? {
            let since = idleSince.load(ordering: .relaxed)
            return since == Self.busy ? nil : since
        }
        fileprivate func evict() { eviction.withLock { $0 }?() }
    }

    private enum Place { case regular, spare, evicted }

    private struct State {
        var places: [ObjectIdentifier: (entry: Entry, place: Place)] = [:]
        var regular = 0
        var nextSearch = NIODeadline.uptimeNanoseconds(0)
    }

    /// How long a connection is without a request before another may take its place: its first may be on its way.
    private static let grace = TimeAmount.seconds(1)
    /// How soon after a search that found nothing to evict there is another.
    private static let searchPause = TimeAmount.milliseconds(10)

    /// Nil: there is none.
    let limit: Int?
    /// How many connections there may be beyond the limit, those that are being refused or closed.
    let spare: Int
    private let state = Mutex(State())
    private let now: @Sendable () -> NIODeadline
    private let open: Gauge
    private let refused: Counter
    private let evicted: Counter

    init(limit: Int?, spare: Int, metrics: any MetricsFactory, now: @escaping @Sendable () -> NIODeadline = { .now() }) {
        self.limit = limit
        self.spare = spare
        self.now = now
        open = Gauge(label: "highwater_http_connections", dimensions: [], factory: metrics)
        refused = Counter(label: "highwater_http_connections_refused_total", dimensions: [], factory: metrics)
        evicted = Counter(label: "highwater_http_connections_evicted_total", dimensions: [], factory: metrics)
    }

    /// - Returns: nil where the connection is to be closed at once.
    func admit() -> Entry? {
        let now = now()
        let (entry, victims, count) = state.withLock { state -> (Entry?, [Entry], Int) in
            var victims: [Entry] = []
            // The last places are for newcomers that displace another, which has yet to go.
            if let limit, state.places.count >= limit + spare - min(16, spare / 4) {
                victims = makeRoom(&state, limit, now)
                guard !victims.isEmpty, state.places.count < limit + spare else { return (nil, victims, state.places.count) }
            }
            let entry = Entry(now)
            victims += take(entry, &state, now)
            return (entry, victims, state.places.count)
        }
        finish(victims, count: count)
        if entry == nil { refused.increment() }
        return entry
    }

    /// Whether a request of this connection is to be served. A spare connection becomes a regular one where there is room by now.
    func serves(_ entry: Entry) -> Bool {
        // Without the lock, for all but the first request of a spare connection.
        if entry.isRegular.load(ordering: .relaxed) { return true }
        let now = now()
        let (place, victims, count) = state.withLock { state -> (Place?, [Entry], Int) in
            guard state.places[ObjectIdentifier(entry)]?.place == .spare else { return (.regular, [], state.places.count) }
            let victims = take(entry, &state, now)
            return (state.places[ObjectIdentifier(entry)]?.place, victims, state.places.count)
        }
        finish(victims, count: count)
        if place == .spare { refused.increment() }
        return place != .spare
    }

    /// A connection that was to be closed has got a request.
    func keep(_ entry: Entry) {
        state.withLock { state in
            guard state.places[ObjectIdentifier(entry)]?.place == .evicted else { return }
            state.places[ObjectIdentifier(entry)]?.place = .regular
            state.regular += 1
            entry.isRegular.store(true, ordering: .relaxed)
        }
    }

    func remove(_ entry: Entry) {
        let count = state.withLock { state in
            if state.places.removeValue(forKey: ObjectIdentifier(entry))?.place == .regular { state.regular -= 1 }
            return state.places.count
        }
        open.record(count)
    }

    private func finish(_ victims: [Entry], count: Int) {
        open.record(count)
        evicted.increment(by: victims.count)
        for victim in victims { victim.evict() }
    }

    /// Gives `entry` a regular place where there is one, else a spare one.
    private func take(_ entry: Entry, _ state: inout State, _ now: NIODeadline) -> [Entry] {
        var victims: [Entry] = []
        if let limit, state.regular >= limit { victims = makeRoom(&state, limit, now) }
        let isRegular = limit.map { state.regular < $0 } ?? true
        state.places[ObjectIdentifier(entry)] = (entry, isRegular ? .regular : .spare)
        if isRegular {
            state.regular += 1
            entry.isRegular.store(true, ordering: .relaxed)
        }
        return victims
    }

    /// Chooses connections to close, several at once so that the search is not made for each newcomer.
    private func makeRoom(_ state: inout State, _ limit: Int, _ now: NIODeadline) -> [Entry] {
        guard now >= state.nextSearch else { return [] }
        let latest = (now - Self.grace).uptimeNanoseconds
        func idleOnes(_ wanted: Place) -> [(since: UInt64, entry: Entry)] {
            state.places.values.compactMap { entry, place in
                guard place == wanted, let since = entry.sinceIdle, since <= latest else { return nil }
                return (since, entry)
            }
        }
        // A regular one leaves a regular place.
        var idle = idleOnes(.regular)
        if idle.isEmpty { idle = idleOnes(.spare) }
        guard !idle.isEmpty else {
            state.nextSearch = now + Self.searchPause
            return []
        }
        let victims = idle.sorted { $0.since < $1.since }.prefix(min(16, max(1, limit / 64))).map(\.entry)
        for victim in victims {
            if state.places[ObjectIdentifier(victim)]?.place == .regular { state.regular -= 1 }
            state.places[ObjectIdentifier(victim)]?.place = .evicted
        }
        return victims
    }
}
