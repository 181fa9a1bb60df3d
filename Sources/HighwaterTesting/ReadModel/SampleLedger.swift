package import EventModel
package import ReadModel

/// A little domain with a projection of each kind, for the engine's own tests.
package enum SampleLedger {
    package enum Event: Hashable, Sendable {
        case opened(owner: String)
        case deposited(Int64)
        case noted(String)
        case closed
    }

    /// `opened:owner`, `deposited:5`, `noted:text`, `closed:`; a payload that is none of these is unreadable, another type is not ours.
    package static let codec = EventCodec<Event>(
        types: ["ledger.v1"],
        encode: { encode($0) },
        decode: { encoded throws(UnreadableEvent) in
            guard encoded.type == "ledger.v1" else { return nil }
            let text = String(decoding: encoded.data, as: UTF8.self)
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch (parts.first, parts.last) {
            case ("opened", let owner?): return .opened(owner: owner)
            case ("noted", let note?): return .noted(note)
            case ("closed", _): return .closed
            case ("deposited", let amount?):
                if let amount = Int64(amount) { return .deposited(amount) }
                fallthrough
            default: throw UnreadableEvent(type: encoded.type, reason: "'\(text)'")
            }
        },
        json: { _ throws(UnreadableEvent) in nil })

    package static func encode(_ event: Event) -> EncodedEvent {
        let text =
            switch event {
            case .opened(let owner): "opened:\(owner)"
            case .deposited(let amount): "deposited:\(amount)"
            case .noted(let note): "noted:\(note)"
            case .closed: "closed:"
            }
        return EncodedEvent(type: "ledger.v1", data: Array(text.utf8)[...])
    }

    package static let unreadable = EncodedEvent(type: "ledger.v1", data: Array("deposited:much".utf8)[...])
    package static let foreign = EncodedEvent(type: "other.v1", data: [0xFF])

    /// One row an account, gone when it is closed.
    package struct Accounts: Projection {
        package static let id = ProjectionID("accounts", version: 1)
        package static let key = KeyColumn("accountId", .byStream)

        package init() {}

        package func key(for event: Recorded<Event>) -> String? { String(event.stream.key) }

        package func evolve(_ row: inout AccountRow?, by event: Recorded<Event>) {
            if event.event == .closed {
                row = nil
                return
            }
            var account = row ?? AccountRow()
            account.apply(event)
            row = account
        }
    }

    /// The same, one version later: it counts in cents.
    package struct AccountsInCents: Projection {
        package static let id = ProjectionID("accounts", version: 2)
        package static let key = KeyColumn("accountId", .byStream)

        package init() {}

        package func key(for event: Recorded<Event>) -> String? { String(event.stream.key) }

        package func evolve(_ row: inout AccountRow?, by event: Recorded<Event>) {
            var account = row ?? AccountRow()
            account.apply(event)
            if case .deposited(let amount) = event.event { account.balance += 99 * amount }
            row = account
        }
    }

    package struct AccountRow: ReadModelRow {
        package var owner = ""
        package var note: String?
        package var deposits: Int64 = 0
        package var balance: Int64 = 0
        package var lastAt: Timestamp?

        package init() {}

        mutating func apply(_ event: Recorded<Event>) {
            switch event.event {
            case .opened(let owner): self.owner = owner
            case .noted(let note): self.note = note
            case .deposited(let amount):
                deposits += 1
                balance += amount
            case .closed: break
            }
            lastAt = event.metadata.at
        }

        package static let columns: [Column<AccountRow>] = [
            .text("owner", \.owner, filter: true),
            .text("note", \.note),
            .integer("deposits", \.deposits, filter: true),
            .micros("balanceMicros", \.balance),
            .timestamp("lastAt", \.lastAt),
        ]
    }

    /// Deposits by their amount's last digit: keys that every partition has rows for.
    package struct Digits: Projection {
        package static let id = ProjectionID("deposits-by-digit", version: 1)
        package static let key = KeyColumn("digit", .combined)

        package init() {}

        package func key(for event: Recorded<Event>) -> String? {
            guard case .deposited(let amount) = event.event else { return nil }
            return String(amount % 10)
        }

        package func evolve(_ row: inout DigitRow?, by event: Recorded<Event>) {
            guard case .deposited(let amount) = event.event else { return }
            var sum = row ?? DigitRow()
            sum.count += 1
            sum.total += amount
            sum.firstAt = min(sum.firstAt ?? event.metadata.at, event.metadata.at)
            row = sum
        }
    }

    package struct DigitRow: ReadModelRow {
        package var count: Int64 = 0
        package var total: Int64 = 0
        package var firstAt: Timestamp?

        package init() {}

        package static let columns: [Column<DigitRow>] = [
            .integer("count", \.count, reduce: .sum),
            .micros("totalMicros", \.total, reduce: .sum),
            .timestamp("firstAt", \.firstAt, reduce: .min),
        ]
    }

    /// The same, one version later: it sums up in 128 bits.
    package struct WideDigits: Projection {
        package static let id = ProjectionID("deposits-by-digit", version: 2)
        package static let key = KeyColumn("digit", .combined)

        package init() {}

        package func key(for event: Recorded<Event>) -> String? { Digits().key(for: event) }

        package func evolve(_ row: inout WideDigitRow?, by event: Recorded<Event>) {
            guard case .deposited(let amount) = event.event else { return }
            var sum = row ?? WideDigitRow()
            sum.count += 1
            sum.total += Int128(amount)
            row = sum
        }
    }

    package struct WideDigitRow: ReadModelRow {
        package var count: Int64 = 0
        package var total: Int128 = 0

        package init() {}

        package static let columns: [Column<WideDigitRow>] = [
            .integer("count", \.count, reduce: .sum),
            .micros("totalMicros", \.total, reduce: .sum),
        ]
    }

    package static let accounts = RegisteredProjection(Accounts(), events: codec)
    package static let accountsInCents = RegisteredProjection(AccountsInCents(), events: codec)
    package static let digits = RegisteredProjection(Digits(), events: codec)
    package static let wideDigits = RegisteredProjection(WideDigits(), events: codec)
}
