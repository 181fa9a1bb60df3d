import CLibPQ

/// A statement's rows in binary form, or what it changed. Stays on its connection's thread.
final class ResultSet {
    private let result: OpaquePointer

    /// Takes the result over.
    init(_ result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    var count: Int { Int(PQntuples(result)) }
    var columnCount: Int { Int(PQnfields(result)) }
    /// How many rows a statement wrote.
    var affectedRows: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    func type(ofColumn column: Int) -> PostgresType { PostgresType(rawValue: PQftype(result, Int32(column))) }

    func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(result, Int32(row), Int32(column)) == 1 }

    /// A `text`.
    func text(_ row: Int, _ column: Int) -> String {
        let length = Int(PQgetlength(result, Int32(row), Int32(column)))
        guard let start = PQgetvalue(result, Int32(row), Int32(column)) else { return "" }
        return start.withMemoryRebound(to: UInt8.self, capacity: length) {
            String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
        }
    }

    /// An `integer`, a `bigint` or a `boolean`; 0 for NULL.
    func number(_ row: Int, _ column: Int) -> Int64 {
        guard let start = PQgetvalue(result, Int32(row), Int32(column)) else { return 0 }
        let raw = UnsafeRawPointer(start)
        return switch PQgetlength(result, Int32(row), Int32(column)) {
        case 8: Int64(bigEndian: raw.loadUnaligned(as: Int64.self))
        case 4: Int64(Int32(bigEndian: raw.loadUnaligned(as: Int32.self)))
        case 2: Int64(Int16(bigEndian: raw.loadUnaligned(as: Int16.self)))
        case 1: Int64(raw.load(as: Int8.self))
        default: 0
        }
    }

    func withBytes<Result>(_ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = PQgetvalue(result, Int32(row), Int32(column))
        return body(UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, Int32(row), Int32(column)))))
    }

    func optionalText(_ row: Int, _ column: Int) -> String? { isNull(row, column) ? nil : text(row, column) }
    func optionalNumber(_ row: Int, _ column: Int) -> Int64? { isNull(row, column) ? nil : number(row, column) }

    /// - Throws: ``PostgresError`` `unexpectedAnswer` where the columns are of other types: somebody changed the table.
    func requireTypes(_ types: [PostgresType]) throws(PostgresError) {
        guard columnCount == types.count else {
            throw PostgresError(.unexpectedAnswer, "\(columnCount) columns came in place of \(types.count)")
        }
        for (column, expected) in types.enumerated() where type(ofColumn: column) != expected {
            let name = PQfname(result, Int32(column)).map { String(cString: $0) } ?? "\(column)"
            throw PostgresError(.unexpectedAnswer, "column '\(name)' is not of the type that the engine made it with")
        }
    }
}

extension PostgresError {
    /// What the server said in place of an answer.
    init(_ result: OpaquePointer) {
        func field(_ code: UInt8) -> String? { PQresultErrorField(result, Int32(code)).map { String(cString: $0) } }
        let primary = field(UInt8(ascii: "M"))
        self.init(
            .server, primary ?? String(cString: PQresultErrorMessage(result)).trimmedLines,
            sqlState: field(UInt8(ascii: "C")).map(SQLState.init(rawValue:)))
        // libpq makes errors of its own, without a state, where the connection breaks.
        if sqlState == nil { self = PostgresError(.connectionLost, message) }
        detail = field(UInt8(ascii: "D"))
        hint = field(UInt8(ascii: "H"))
        constraint = field(UInt8(ascii: "n"))
        context = field(UInt8(ascii: "W"))
        // The severity in English, whatever the server's language.
        isFatal = ["FATAL", "PANIC"].contains(field(UInt8(ascii: "V")) ?? "")
    }
}

extension String {
    /// On one line.
    var trimmedLines: String {
        split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }.joined(separator: "; ")
    }
}
