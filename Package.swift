// swift-tools-version: 6.2
import PackageDescription

/// The targets are the architecture: an arrow is a line in a target's `dependencies`, and the compiler refuses any other.
/// The core (EventModel, EventLog, WriteModel, ReadModel) knows no Kafka, SQL, HTTP or Commerce.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let tracing: Target.Dependency = .product(name: "Tracing", package: "swift-distributed-tracing")
let inMemoryTracing: Target.Dependency = .product(name: "InMemoryTracing", package: "swift-distributed-tracing")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
/// SQLite's C functions, for the adapters that bind and read bytes without a copy.
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting: Target.Dependency = .product(name: "HummingbirdTesting", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

func library(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "highwater",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "EventModel", targets: ["EventModel"]),
        .library(name: "EventLog", targets: ["EventLog"]),
        .library(name: "ProtobufModel", targets: ["ProtobufModel"]),
        .library(name: "WriteModel", targets: ["WriteModel"]),
        .library(name: "ReadModel", targets: ["ReadModel"]),
        .library(name: "HighwaterCLI", targets: ["HighwaterCLI"]),
        .library(name: "HighwaterTesting", targets: ["HighwaterTesting"]),
        .executable(name: "commerce", targets: ["CommerceApp"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON", "YAML"]),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The core: pure values and ports.
        library("EventModel", []),
        library("EventLog", ["EventModel"]),
        library("ProtobufModel", ["EventModel", protobuf]),
        library("WriteModel", ["EventModel", "EventLog", crypto, deque, logging, metrics, coreMetrics, lifecycle]),
        library("ReadModel", ["EventModel", "EventLog", logging, metrics, lifecycle]),

        // C libraries, as the system has them.
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"]), .brew(["librdkafka"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),

        // Adapters: one port, one technology each.
        library("SQLiteSupport", [grdb, sqlite]),
        library("SQLiteLog", ["EventModel", "EventLog", "SQLiteSupport", grdb, sqlite, logging]),
        library("SQLiteStateStore", ["EventModel", "EventLog", "WriteModel", "SQLiteSupport", grdb, sqlite, logging]),
        library("SQLiteReadModel", ["EventModel", "EventLog", "ReadModel", "SQLiteSupport", grdb, sqlite, logging]),
        library("KafkaLog", ["CRdKafka", "EventModel", "EventLog", logging, metrics]),
        library("PostgresReadModel", ["CLibPQ", "EventModel", "EventLog", "ReadModel", logging, metrics]),

        // Edges.
        library("Operations", [configuration, logging, metrics, tracing, lifecycle]),
        library(
            "HTTPEdge",
            [
                "EventModel", "EventLog", "WriteModel", "ReadModel", hummingbird, hummingbirdCore, httpTypes, nioCore, nioPosix,
                nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, httpClient, crypto, logging, metrics, tracing, lifecycle,
            ]),
        library(
            "HighwaterCLI",
            [
                "EventModel", "EventLog", "SQLiteLog", "KafkaLog", "WriteModel", "SQLiteStateStore", "ReadModel", "SQLiteReadModel",
                "PostgresReadModel", "HTTPEdge", "Operations", arguments, logging, lifecycle,
            ]),
        library(
            "HighwaterTesting",
            ["EventModel", "EventLog", "WriteModel", "ReadModel", deque, logging]),

        // Commerce: the reference domain. It knows the event model, its schemas and, for its read models, the projection protocol.
        library("LogSchemas", [protobuf]),
        library("CommerceSchemas", [protobuf]),
        library("Commerce", ["EventModel", "ProtobufModel", "CommerceSchemas"]),
        library("CommerceProjections", ["EventModel", "ProtobufModel", "ReadModel", "CommerceSchemas", protobuf], path: "Projections"),
        library(
            "CommerceLoad",
            [
                "Commerce", "CommerceSchemas", "ProtobufModel", "EventModel", "HighwaterCLI", "Operations", protobuf, arguments, httpClient,
                nioCore, nioPosix, nioHTTP1,
            ]),
        .executableTarget(
            name: "CommerceApp",
            dependencies: [
                "EventModel", "WriteModel", "ReadModel", "HighwaterCLI", "Commerce", "CommerceSchemas", "CommerceProjections",
                "CommerceLoad", arguments,
            ],
            swiftSettings: settings),

        // What librdkafka can do without us, and a broker for tests: its mock cluster, held open for other processes.
        .executableTarget(
            name: "MockKafkaCluster", dependencies: ["CRdKafka"], path: "Tests/Support/MockKafkaCluster", swiftSettings: settings),
        // Figures that no user needs, beside those that scripts/bench takes from the application itself.
        .executableTarget(
            name: "EngineBenchmarks",
            dependencies: [
                "CRdKafka", "CLibPQ", "EventModel", "EventLog", "SQLiteLog", "KafkaLog", "ReadModel", "SQLiteReadModel",
                "PostgresReadModel", "Commerce", "CommerceSchemas", "CommerceProjections", arguments, logging, protobuf, grdb, sqlite,
            ],
            path: "Benchmarks", swiftSettings: settings),

        tests("EventModelTests", ["EventModel"]),
        tests("EventLogTests", ["EventModel", "EventLog", "HighwaterTesting", "LogSchemas", protobuf]),
        tests("ProtobufModelTests", ["EventModel", "ProtobufModel", "CommerceSchemas", protobuf]),
        tests("SQLiteSupportTests", ["SQLiteSupport", grdb]),
        tests("SQLiteLogTests", ["EventModel", "EventLog", "SQLiteLog", "SQLiteSupport", "HighwaterTesting", grdb, logging]),
        tests("WriteModelTests", ["EventModel", "EventLog", "WriteModel", "HighwaterTesting", logging, lifecycle]),
        tests(
            "SQLiteStateStoreTests",
            ["EventModel", "EventLog", "WriteModel", "SQLiteStateStore", "HighwaterTesting", grdb, logging]),
        tests("ReadModelTests", ["EventModel", "EventLog", "ReadModel", "HighwaterTesting", logging]),
        tests(
            "SQLiteReadModelTests", ["EventModel", "EventLog", "ReadModel", "SQLiteReadModel", "HighwaterTesting", grdb, logging]),
        tests("KafkaLogTests", ["EventModel", "EventLog", "KafkaLog", "HighwaterTesting", "MockKafkaCluster", logging, metrics]),
        tests(
            "PostgresReadModelTests", ["EventModel", "EventLog", "ReadModel", "PostgresReadModel", "HighwaterTesting", logging]),
        tests("OperationsTests", ["Operations", "HighwaterTesting", configuration, logging, metrics, tracing, lifecycle]),
        tests(
            "HTTPEdgeTests",
            [
                "EventModel", "EventLog", "WriteModel", "ReadModel", "HTTPEdge", "HighwaterTesting", hummingbird, hummingbirdTesting,
                httpTypes, httpClient, nioCore, nioPosix, logging, metrics, tracing, inMemoryTracing, lifecycle,
            ]),
        tests(
            "HighwaterCLITests",
            ["HighwaterCLI", "ReadModel", "WriteModel", "EventLog", "EventModel", "Operations", "HighwaterTesting", logging, lifecycle]),
        tests("CommerceTests", ["EventModel", "ProtobufModel", "Commerce", "CommerceSchemas", "HighwaterTesting", protobuf]),
        tests(
            "CommerceProjectionsTests",
            ["EventModel", "ReadModel", "Commerce", "CommerceSchemas", "CommerceProjections", "HighwaterTesting", protobuf]),
        tests(
            "CommerceLoadTests",
            [
                "CommerceLoad", "Commerce", "EventModel", "ProtobufModel", "CommerceSchemas", "HighwaterCLI", protobuf, httpClient, nioCore,
                nioPosix, nioHTTP1,
            ]),
        // The application as its users run it: the built executable, over HTTP and the command line.
        tests("CommerceAppTests", ["CommerceApp", "MockKafkaCluster", "CRdKafka", httpClient, nioCore, nioPosix, nioHTTP1]),
    ]
)
