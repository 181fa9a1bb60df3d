import Testing

@testable import PostgresReadModel

@Suite struct ConnectionSettingsTests {
    @Test(arguments: [
        "postgresql://user:s3cret@host:port/db", "postgresql://user:s3/cret@host/db", "postgresql://user:12/s3cret@host/db",
        "postgresql://user:s3@cret@host/db", "postgresql://user:s3%zzcret@host/db", "host=h s3cret", "host=h password='s3cret",
        "postgresql://user:s3cret@host/db?pasword=s3cret", "postgresql://user:s3cret@[host/db", "host=h s3cret=1", "s3cret", "a\0s3cret",
        "dbname=postgresql://user:s3cret@host/db", "dbname='host=h password=s3cret'",
    ])
    func aBadConnectionStringIsToldWithoutSecrets(_ text: String) throws {
        let error = #expect(throws: PostgresError.self) { try ConnectionSettings(connectionString: text, applicationName: "a") }
        #expect(error?.kind == .connectionString)
        let message = "\(error?.description ?? "")"
        for secret in ["s3", "cret"] { #expect(!message.contains(secret), "\(message)") }
        #expect(message.contains("connection string"))
    }

    @Test func namesAnUnknownOption() {
        let error = #expect(throws: PostgresError.self) {
            try ConnectionSettings(connectionString: "postgresql://host/db?sslmod=require", applicationName: "a")
        }
        #expect(error?.message.contains("sslmod") == true, "\(String(describing: error))")
    }

    @Test func keepsWhatIsSaidAndFillsInTheRest() throws {
        let settings = try ConnectionSettings(
            connectionString: "postgresql://user:pass@a:1,b:2/db?connect_timeout=3&sslmode=disable&application_name=mine",
            applicationName: "x")
        #expect(settings.options["connect_timeout"] == "3" && settings.options["sslmode"] == "disable")
        #expect(settings.options["application_name"] == "mine" && settings.options["fallback_application_name"] == "x")
        #expect(settings.options["keepalives_idle"] == "30" && settings.connectTimeout == .seconds(3))
        #expect(settings.description == "a,b:1,2/db")
        #expect(try ConnectionSettings(connectionString: "host=/run dbname=d", applicationName: "x").connectTimeout == .seconds(10))
    }

    /// What a service file says would be overridden.
    @Test func leavesTheRestToAService() throws {
        let settings = try ConnectionSettings(connectionString: "service=mine", applicationName: "x")
        #expect(settings.options["keepalives_idle"] == nil && settings.options["fallback_application_name"] == "x")
    }

    @Test func leavesOutOneHost() throws {
        func hosts(_ text: String) throws -> [ConnectionSettings.Host] {
            try ConnectionSettings(connectionString: text, applicationName: "x").hosts
        }
        let three = try hosts("postgresql://a:1,b:2,[::1]:3/db")
        #expect(three.map(\.name) == ["a", "b", "::1"] && three.map(\.port) == ["1", "2", "3"])
        let one = try hosts("host=a,b hostaddr=10.0.0.1,10.0.0.2 port=7")
        #expect(one.map(\.address) == ["10.0.0.1", "10.0.0.2"] && one.map(\.port) == ["7", "7"])
        let settings = try ConnectionSettings(connectionString: "host=a,b hostaddr=10.0.0.1,10.0.0.2 port=7", applicationName: "x")
        let left = settings.options(for: [one[1]])
        #expect(left["host"] == "b" && left["hostaddr"] == "10.0.0.2" && left["port"] == "7")
        #expect(try hosts("dbname=d hostaddr=10.0.0.1").map(\.name) == [nil])
    }

    @Test func namesAreQuoted() throws {
        #expect(try Identifier.quoted("order_summary") == "\"order_summary\"")
        #expect(try Identifier.quoted("a\"; DROP TABLE b; --") == "\"a\"\"; DROP TABLE b; --\"")
        // One grapheme to Swift, and still a quote to PostgreSQL.
        #expect(try Identifier.quoted("a\"\u{301}b").unicodeScalars.count == 7)
        for name in ["", "a\0b", String(repeating: "ü", count: 32)] {
            #expect(throws: PostgresError.self) { try Identifier.quoted(name) }
        }
    }
}
