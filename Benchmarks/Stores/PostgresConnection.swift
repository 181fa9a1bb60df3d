import ArgumentParser
import CLibPQ

/// libpq with nothing between, one round trip a statement.
final class PostgresConnection: SQLConnection {
    private let handle: OpaquePointer
    private var statements = 0

    init(_ connectionString: String) throws {
        guard let handle = PQconnectdb(connectionString) else { throw ValidationError("libpq has no memory") }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else { throw error }
        try execute("SET client_min_messages = warning")
    }

    deinit { PQfinish(handle) }

    /// A Postgres table is a heap.
    let clustered = ""

    func execute(_ sql: String) throws { try check(PQexec(handle, sql), PGRES_COMMAND_OK) }

    func prepare(_ sql: String) throws -> any SQLStatement {
        statements += 1
        let name = "s\(statements)"
        try check(PQprepare(handle, name, sql, 0, nil), PGRES_COMMAND_OK)
        return PostgresStatement(self, name)
    }

    fileprivate func run(_ name: String, _ values: [String?]) throws {
        let texts = values.map { value in value.map { $0.utf8CString } }
        /// Borrows one text after the other.
        func borrow(_ rest: ArraySlice<ContiguousArray<CChar>?>, _ pointers: [UnsafePointer<CChar>?]) throws {
            guard let first = rest.first else {
                return try check(PQexecPrepared(handle, name, CInt(pointers.count), pointers, nil, nil, 0), PGRES_COMMAND_OK)
            }
            guard let first else { return try borrow(rest.dropFirst(), pointers + [nil]) }
            try first.withUnsafeBufferPointer { try borrow(rest.dropFirst(), pointers + [$0.baseAddress]) }
        }
        try borrow(texts[...], [])
    }

    /// COPY in the binary format.
    ///
    /// - Parameter fill: appends rows to an empty buffer; returns false after the last.
    func copy(_ sql: String, _ fill: (inout [UInt8]) throws -> Bool) throws {
        try check(PQexec(handle, sql), PGRES_COPY_IN)
        // Signature, flags, and the length of a header extension ("Binary Format" in the manual's page on COPY).
        var buffer: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
        var hasMore = true
        while hasMore {
            hasMore = try fill(&buffer)
            if !hasMore { buffer += [0xFF, 0xFF] }
            let sent = buffer.withUnsafeBytes { PQputCopyData(handle, $0.bindMemory(to: CChar.self).baseAddress, CInt($0.count)) }
            guard sent == 1 else { throw error }
            buffer.removeAll(keepingCapacity: true)
        }
        guard PQputCopyEnd(handle, nil) == 1 else { throw error }
        try check(PQgetResult(handle), PGRES_COMMAND_OK)
        while let rest = PQgetResult(handle) { PQclear(rest) }
    }

    private func check(_ result: OpaquePointer?, _ expected: ExecStatusType) throws {
        defer { PQclear(result) }
        guard PQresultStatus(result) == expected else { throw error }
    }

    private var error: ValidationError { ValidationError(String(cString: PQerrorMessage(handle))) }
}

private final class PostgresStatement: SQLStatement {
    private let connection: PostgresConnection
    private let name: String
    private var values: [String?] = []

    init(_ connection: PostgresConnection, _ name: String) {
        self.connection = connection
        self.name = name
    }

    func bind(_ value: Int64) { values.append(String(value)) }
    func bind(_ value: String?) { values.append(value) }

    func run() throws {
        defer { values.removeAll(keepingCapacity: true) }
        try connection.run(name, values)
    }
}
