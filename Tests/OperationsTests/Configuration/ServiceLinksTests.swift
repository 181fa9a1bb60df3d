import Testing

@testable import Operations

/// What Kubernetes and Docker put into a container for a Service or a linked container is no setting; a slip of the pen still is a problem.
struct ServiceLinksTests {
    /// As the kubelet makes them (`envvars.FromServices`) for a Service with a first and a named port.
    static func kubernetes(_ service: String, address: String = "10.96.0.17") -> [String: String] {
        let host = address.contains(":") ? "[\(address)]" : address
        return [
            "\(service)_SERVICE_HOST": address, "\(service)_SERVICE_PORT": "8080", "\(service)_SERVICE_PORT_HTTP": "8080",
            "\(service)_SERVICE_PORT_8080_TCP": "8080", "\(service)_SERVICE_PORT_DNS_UDP": "53", "\(service)_PORT": "tcp://\(host):8080",
            "\(service)_PORT_8080_TCP": "tcp://\(host):8080", "\(service)_PORT_8080_TCP_PROTO": "tcp",
            "\(service)_PORT_8080_TCP_PORT": "8080", "\(service)_PORT_8080_TCP_ADDR": address,
            "\(service)_PORT_53_UDP": "udp://\(host):53", "\(service)_PORT_53_UDP_PROTO": "udp", "\(service)_PORT_53_UDP_PORT": "53",
            "\(service)_PORT_53_UDP_ADDR": address,
        ]
    }

    /// As `docker run --link web:ALIAS` makes them, where the container exposes a range of ports.
    static func docker(_ alias: String) -> [String: String] {
        [
            "\(alias)_NAME": "/app/web", "\(alias)_ENV_LANG": "C.UTF-8", "\(alias)_ENV_LOG_LEVEL": "loud",
            "\(alias)_PORT": "tcp://172.17.0.5:5432", "\(alias)_PORT_5432_TCP_START": "tcp://172.17.0.5:5432",
            "\(alias)_PORT_5432_TCP_ADDR": "172.17.0.5", "\(alias)_PORT_5432_TCP_PROTO": "tcp", "\(alias)_PORT_5432_TCP_PORT_START": "5432",
            "\(alias)_PORT_5432_TCP_END": "tcp://172.17.0.5:5433", "\(alias)_PORT_5432_TCP_PORT_END": "5433",
        ]
    }

    @Test(arguments: [
        "HIGHWATER", "HIGHWATER_KAFKA", "HIGHWATER_KAFKA_BOOTSTRAP", "HIGHWATER_HTTP", "HIGHWATER_READ_MODEL", "HIGHWATER_PORT",
        "HIGHWATER_SERVICE", "HIGHWATER_LOG_2",
    ])
    func linksArePassedOver(_ service: String) throws {
        for links in [Self.kubernetes(service), Self.kubernetes(service, address: "fd00::1:17"), Self.docker(service)] {
            var environment = links
            environment["HIGHWATER_PARTITIONS"] = "3"
            let settings = try Settings.load(environment: environment)
            #expect(settings.partitions == 3)
            #expect(settings.kafka.isEmpty)
            #expect(settings.serviceLinks == links.keys.sorted())
        }
    }

    static let noLinks = [
        ("HIGHWATER_SHUTDWON_SECONDS", "25"), ("HIGHWATER_PORT", "8080"), ("HIGHWATER_PORT", "tcp://10.0.0.1"),
        ("HIGHWATER_PORT", "http://10.0.0.1:8080"), ("HIGHWATER_SERVICE_PORT", "http"), ("HIGHWATER_SERVICE_HOST", "a b"),
        ("HIGHWATER_PORT_8080_TCP", "8080"), ("HIGHWATER_PORT_X_TCP", "tcp://10.0.0.1:8080"), ("HIGHWATER_PORT_80_TCP_PROTO", "http"),
        ("HIGHWATER_NAME", "web"), ("HIGHWATER_ENV_LANG", "C"), ("HIGHWATER_service_host", "10.0.0.1"), ("HIGHWATER_HOST", "10.0.0.1"),
    ]

    @Test(arguments: noLinks) func whatAPersonMayHaveMeantIsAProblem(_ name: String, _ value: String) {
        #expect(SettingsProblemTests.problems([name: value]).map(\.key) == [name])
    }

    /// A value decides where a setting's name has a link's form. No setting's has.
    @Test func noSettingIsNamedAsALinkIs() {
        let names = Settings.names.map { "HIGHWATER_\($0)" }
        for value in ["10.0.0.1", "8080", "tcp://10.0.0.1:8080", "tcp", "/a/b"] {
            #expect(ServiceLinks.names(in: Dictionary(uniqueKeysWithValues: names.map { ($0, value) })).isEmpty)
        }
    }
}
