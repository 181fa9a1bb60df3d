import ArgumentParser
import EventLog
import Operations
import ReadModel

/// Which projections a tool works on: names, or `--all`.
struct ProjectionSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("Names of projections.", valueName: "name"))
    var names: [String] = []

    @Flag(name: .long, help: "Every projection.")
    var all = false

    @Option(
        name: .long,
        help: ArgumentHelp("Only in this kind of read model: sqlite or postgres. All that are configured if absent.", valueName: "store"))
    var store: StoreKind?

    func validate() throws {
        guard all != !names.isEmpty else { throw ValidationError("Name at least one projection, or say --all.") }
    }

    func stores(_ runtime: Runtime) throws -> [any ReadModelStore] {
        guard let store else { return runtime.stores }
        let chosen = runtime.stores.filter { $0.name == store.rawValue }
        guard !chosen.isEmpty else {
            throw Failure(
                "no read model of kind '\(store.rawValue)' is configured; HIGHWATER_READ_MODEL names \(runtime.stores.map(\.name).joined(separator: ", "))"
            )
        }
        return chosen
    }
}

/// The kinds of read model stores, by the names that stores have.
enum StoreKind: String, CaseIterable, ExpressibleByArgument {
    case sqlite
    case postgres

    init(_ location: ReadModelLocation) {
        switch location {
        case .sqlite: self = .sqlite
        case .postgres: self = .postgres
        }
    }
}

/// A number of bytes: `512`, `64k`, `256M`, `2GiB`.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init(bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        let digits = argument.prefix { $0.isNumber }
        let unit = argument.dropFirst(digits.count).lowercased()
        let factors = ["": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mib": 1 << 20, "g": 1 << 30, "gib": 1 << 30]
        guard let number = Int(digits), let factor = factors[unit] else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow, bytes > 0 else { return nil }
        self.init(bytes: bytes)
    }

    var defaultValueDescription: String { bytes >= 1 << 20 ? "\(bytes >> 20)M" : "\(bytes)" }
}
