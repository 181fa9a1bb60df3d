import Foundation
import Logging
import Testing

@testable import Operations

/// Settings that are right: defaults, the environment, and each kind of value.
struct SettingsTests {
    @Test func defaultsAreTheContracts() throws {
        let settings = try Settings.load(environment: [:])
        #expect(settings.log == .sqlite(path: "data/log.sqlite"))
        #expect(settings.readModels == [.sqlite(path: "data/views.sqlite")])
        #expect(settings.stateFolder == "data/state")
        #expect(settings.http == HostPort(host: "127.0.0.1", port: 8080))
        #expect(settings.advertise == nil)
        #expect(settings.advertisedURL(port: 8080).description == "http://127.0.0.1:8080")
        #expect(settings.partitions == 8)
        #expect(settings.logLevel == .info)
        #expect(settings.shutdownDeadline == .seconds(25))
        #expect(settings.maxBodyBytes == 1_048_576)
        #expect(settings.maxWaiting == 10_000)
        #expect(settings.commandTimeout == .seconds(10))
        #expect(settings.drainDelay == .zero)
        #expect(settings.connections.keepAlive == .seconds(620))
        #expect(settings.connections.requestTimeout == .seconds(30))
        #expect(settings.connections.bodyMemory == 32 << 20)
        #expect(settings.kafka.isEmpty)
        #expect(settings.table.rows.allSatisfy { $0.source == .default && $0.value == $0.defaultValue })
    }

    @Test func tableHasARowForLibrdkafkasSettingsWhereNoneIsSet() throws {
        let rows = try Settings.load(environment: [:]).table.rows
        #expect(rows.map(\.key) == (Settings.names + ["KAFKA_<NAME>"]).map { "HIGHWATER_\($0)" })
        #expect(rows.last?.meaning.contains("librdkafka") == true)
    }

    @Test func environmentSetsEverything() throws {
        let settings = try Settings.load(environment: [
            "HIGHWATER_LOG": "kafka://k1:9092,k2:9093,k3", "HIGHWATER_READ_MODEL": "sqlite:/var/v.sqlite, postgres://a:p,w@h1:1,h2:2/db",
            "HIGHWATER_STATE": "/var/state", "HIGHWATER_HTTP": "[::1]:0", "HIGHWATER_ADVERTISE": "https://orders-1",
            "HIGHWATER_PARTITIONS": "10000", "HIGHWATER_LOG_LEVEL": "DEBUG", "HIGHWATER_SHUTDOWN_SECONDS": " 2\n",
            "HIGHWATER_DRAIN_DELAY_SECONDS": "1", "HIGHWATER_HTTP_KEEP_ALIVE_SECONDS": "75", "HIGHWATER_HTTP_REQUEST_SECONDS": "5",
            "HIGHWATER_HTTP_BODY_MEMORY_BYTES": "2097152",
            "HIGHWATER_MAX_BODY_BYTES": "2048", "HIGHWATER_MAX_WAITING": "7", "HIGHWATER_COMMAND_TIMEOUT_SECONDS": "3",
            "HIGHWATER_KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "HIGHWATER_KAFKA_SASL_PASSWORD": "hunter2", "PATH": "/bin",
        ])
        #expect(
            settings.log == .kafka(brokers: [.init(host: "k1", port: 9092), .init(host: "k2", port: 9093), .init(host: "k3", port: 9092)]))
        #expect(settings.log.description == "kafka://k1:9092,k2:9093,k3:9092")
        #expect(settings.readModels == [.sqlite(path: "/var/v.sqlite"), .postgres(connectionString: "postgres://a:p,w@h1:1,h2:2/db")])
        #expect(settings.readModels.map(\.description) == ["sqlite:/var/v.sqlite", "postgres://a:***@h1:1,h2:2/db"])
        #expect(settings.stateFolder == "/var/state")
        #expect(settings.http == HostPort(host: "::1", port: 0))
        #expect(settings.advertisedURL(port: 1).description == "https://orders-1:443")
        #expect(settings.partitions == 10_000)
        #expect(settings.logLevel == .debug)
        #expect(settings.shutdownDeadline == .seconds(2))
        #expect(settings.drainDelay == .seconds(1))
        #expect(settings.connections.keepAlive == .seconds(75))
        #expect(settings.connections.requestTimeout == .seconds(5))
        #expect(settings.connections.bodyMemory == 2_097_152)
        #expect(settings.maxBodyBytes == 2048)
        #expect(settings.maxWaiting == 7)
        #expect(settings.commandTimeout == .seconds(3))
        #expect(settings.kafka == ["security.protocol": "SASL_SSL", "sasl.password": "hunter2"])
    }

    @Test(arguments: [
        ("sqlite:a.sqlite", "a.sqlite"), ("sqlite:/a/b.sqlite", "/a/b.sqlite"), ("sqlite:///a/b.sqlite", "/a/b.sqlite"),
    ])
    func sqlitePaths(text: String, path: String) throws {
        #expect(try Settings.load(environment: ["HIGHWATER_LOG": text]).log == .sqlite(path: path))
    }

    @Test func addressOfAServerThatListensEverywhereIsItsHostName() throws {
        for wildcard in ["0.0.0.0:0", "[::]:0"] {
            let settings = try Settings.load(environment: ["HIGHWATER_HTTP": wildcard])
            #expect(settings.advertisedURL(port: 4711, hostName: "box").description == "http://box:4711")
        }
        let local = try Settings.load(environment: ["HIGHWATER_HTTP": "[::1]:0"])
        #expect(local.advertisedURL(port: 4711, hostName: "box").description == "http://[::1]:4711")
    }

    @Test func tableShowsEveryKeyWithSecretsMasked() throws {
        let settings = try Settings.load(environment: [
            "HIGHWATER_READ_MODEL": "postgres://u:hunter2@h/db?sslpassword=hunter3&x=1", "HIGHWATER_PARTITIONS": "3",
            "HIGHWATER_KAFKA_SASL_PASSWORD": "hunter4", "HIGHWATER_KAFKA_SSL_KEY_PEM": "hunter5", "HIGHWATER_KAFKA_GROUP_ID": "g",
        ])
        for text in [settings.table.description, settings.table.json] {
            #expect(!text.contains("hunter"))
            #expect(text.contains("postgres://u:***@h/db?sslpassword=***&x=1"))
        }
        let rows = try #require(JSONSerialization.jsonObject(with: Data(settings.table.json.utf8)) as? [[String: String]])
        #expect(Set(rows.flatMap(\.keys)) == ["key", "value", "source", "default", "type", "meaning"])
        #expect(rows.map { $0["key"] }.prefix(3) == ["HIGHWATER_LOG", "HIGHWATER_READ_MODEL", "HIGHWATER_STATE"])
        let byKey = Dictionary(uniqueKeysWithValues: rows.map { ($0["key"] ?? "", $0) })
        #expect(rows.count == Settings.names.count + 3)
        #expect(byKey["HIGHWATER_PARTITIONS"]?["value"] == "3")
        #expect(byKey["HIGHWATER_PARTITIONS"]?["default"] == "8")
        #expect(byKey["HIGHWATER_PARTITIONS"]?["source"] == "environment")
        #expect(byKey["HIGHWATER_KAFKA_GROUP_ID"]?["value"] == "g")
        #expect(byKey["HIGHWATER_KAFKA_SASL_PASSWORD"]?["value"] == "***")
        let lines = settings.table.description.split(separator: "\n")
        #expect(lines.count == rows.count + 1)
        let column = try #require(lines[0].firstRange(of: "SOURCE")).lowerBound.utf16Offset(in: lines[0])
        #expect(lines.dropFirst().allSatisfy { $0.dropFirst(column).hasPrefix("default") || $0.dropFirst(column).hasPrefix("environment") })
    }
}
