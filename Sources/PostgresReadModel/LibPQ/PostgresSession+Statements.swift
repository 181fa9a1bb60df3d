import CLibPQ

extension PostgresSession {
    /// Runs statements in one round trip (libpq's pipeline mode), each prepared at its first use. Unless a transaction is open or one of them
    /// begins it, they are a transaction of their own: all take effect, or none.
    ///
    /// - Throws: ``PostgresError``, of the first that fails.
    @discardableResult
    func run(_ batch: [Statement]) throws -> [ResultSet] {
        let connection = try opened()
        if statements.needsClearing, PQtransactionStatus(connection) == PQTRANS_IDLE {
            statements.removeAll()
            try script("DEALLOCATE ALL")
        }
        guard PQenterPipelineMode(connection) == 1 else { throw lost() }
        var isPreparing: [Bool] = []
        var sources: [String] = []
        for statement in batch {
            let (name, isNew) = statements.name(for: statement.sql)
            if isNew {
                let types = statement.parameters.map(\.type.rawValue)
                guard PQsendPrepare(connection, name, statement.sql, Int32(types.count), types) == 1 else { throw lost() }
                isPreparing.append(true)
                sources.append(statement.sql)
            }
            guard send(connection, name, statement.parameters) else { throw lost() }
            isPreparing.append(false)
            sources.append(statement.sql)
        }
        guard PQpipelineSync(connection) == 1 else { throw lost() }
        try flush(connection)

        var results: [ResultSet] = []
        var failure: PostgresError?
        for (isPreparing, sql) in zip(isPreparing, sources) {
            var isDone = false
            while let result = try nextResult(connection) {
                switch PQresultStatus(result) {
                case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
                    isDone = true
                    if isPreparing { PQclear(result) } else { results.append(ResultSet(result)) }
                default:
                    // After the first failure the others are only skipped.
                    if PQresultStatus(result) != PGRES_PIPELINE_ABORTED, failure == nil { failure = PostgresError(result) }
                    PQclear(result)
                    if PQstatus(connection) != CONNECTION_OK { throw failure ?? lost() }
                }
            }
            if isPreparing, !isDone { statements.remove(sql) }
            if PQstatus(connection) != CONNECTION_OK { throw failure ?? lost() }
        }
        try synchronize(connection, &failure)
        guard PQexitPipelineMode(connection) == 1 else { throw failure ?? lost() }
        if let failure {
            if failure.isStalePlan { statements.markStale() }
            throw failure
        }
        return results
    }

    /// Takes what stands at a pipeline's end. The end of a transaction can fail as well, as where a constraint is deferred to it.
    private func synchronize(_ connection: OpaquePointer, _ failure: inout PostgresError?) throws {
        var isAfterFailure = false
        while true {
            guard let end = try nextResult(connection) else {
                // One stands between the failure and the end.
                guard isAfterFailure, PQstatus(connection) == CONNECTION_OK else { throw failure ?? lost() }
                isAfterFailure = false
                continue
            }
            defer { PQclear(end) }
            if PQresultStatus(end) == PGRES_PIPELINE_SYNC { return }
            failure = failure ?? PostgresError(end)
            isAfterFailure = true
        }
    }

    @discardableResult
    func run(_ sql: String, _ parameters: [Parameter] = []) throws -> ResultSet {
        guard let result = try run([Statement(sql, parameters)]).first else { throw lost() }
        return result
    }

    private func send(_ connection: OpaquePointer, _ name: String, _ parameters: [Parameter]) -> Bool {
        var pointers: [UnsafePointer<CChar>?] = []
        var lengths: [Int32] = []
        /// Borrows one parameter after the other, without a copy, and sends when it has all.
        func borrow(_ rest: ArraySlice<Parameter>) -> Bool {
            guard let first = rest.first else {
                let formats = [Int32](repeating: 1, count: parameters.count)
                return PQsendQueryPrepared(connection, name, Int32(parameters.count), pointers, lengths, formats, 1) == 1
            }
            guard let bytes = first.bytes, !bytes.isEmpty else {
                lengths.append(0)
                guard first.bytes != nil else {
                    pointers.append(nil)
                    return borrow(rest.dropFirst())
                }
                return withUnsafePointer(to: CChar(0)) {
                    pointers.append($0)
                    return borrow(rest.dropFirst())
                }
            }
            lengths.append(Int32(clamping: bytes.count))
            return bytes.withUnsafeBytes {
                pointers.append($0.bindMemory(to: CChar.self).baseAddress)
                return borrow(rest.dropFirst())
            }
        }
        return borrow(parameters[...])
    }

    /// Runs SQL of our own without parameters, of any number of statements.
    func script(_ sql: String) throws {
        let connection = try opened()
        guard PQsendQuery(connection, sql) == 1 else { throw lost() }
        try flush(connection)
        try drain(connection)
    }

    /// Takes every result there is.
    private func drain(_ connection: OpaquePointer) throws {
        var failure: PostgresError?
        while let result = try nextResult(connection) {
            if PQresultStatus(result) == PGRES_FATAL_ERROR, failure == nil { failure = PostgresError(result) }
            PQclear(result)
            if PQstatus(connection) != CONNECTION_OK { throw failure ?? lost() }
        }
        if let failure { throw failure }
    }

    // MARK: Transactions

    /// Runs `body` in a transaction, which is rolled back where it throws.
    func transaction<Result>(_ begin: String = "BEGIN", _ body: () throws -> Result) throws -> Result {
        try run(begin)
        do {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            _ = try? run("ROLLBACK")
            throw error
        }
    }

    // MARK: COPY

    /// Sends rows in the binary format of COPY, as fast as the server takes them and no faster.
    ///
    /// - Parameter fill: appends rows to an empty buffer; returns false after the last.
    /// - Throws: what `fill` throws, after which the transaction must be rolled back.
    func copyIn(_ sql: String, _ fill: (inout BinaryBuffer) throws -> Bool) throws {
        let connection = try opened()
        guard PQsendQuery(connection, sql) == 1 else { throw lost() }
        try flush(connection)
        guard let start = try nextResult(connection) else { throw lost() }
        guard PQresultStatus(start) == PGRES_COPY_IN else {
            defer { PQclear(start) }
            let error = PostgresError(start)
            try drain(connection)
            throw error
        }
        PQclear(start)
        do {
            var buffer = BinaryBuffer()
            buffer.append(raw: CopyFormat.header)
            var hasMore = true
            while hasMore {
                hasMore = try fill(&buffer)
                if !hasMore { buffer.append(CopyFormat.trailer) }
                try put(connection, buffer)
                buffer.removeAll()
                try checkCancellation()
            }
        } catch let error as PostgresError {
            throw error
        } catch {
            if PQputCopyEnd(connection, "given up") >= 0 {
                try flush(connection)
                try? drain(connection)
            }
            throw error
        }
        while case let sent = PQputCopyEnd(connection, nil), sent != 1 {
            guard sent == 0 else { throw lost() }
            try flush(connection)
        }
        try flush(connection)
        try drain(connection)
    }

    private func put(_ connection: OpaquePointer, _ buffer: BinaryBuffer) throws {
        try buffer.bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let count = min(bytes.count - start, 1 << 20)
                let chunk = UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
                let sent = PQputCopyData(connection, chunk.bindMemory(to: CChar.self).baseAddress, Int32(count))
                guard sent >= 0 else { throw lost() }
                if sent == 1 { start += count }
                // To the socket: in its own buffer libpq would gather without bound.
                try flush(connection)
            }
        }
    }
}

/// The frame around COPY's binary rows ("Binary Format" in the manual's page on COPY).
enum CopyFormat {
    /// Signature, flags, and the length of a header extension.
    static let header: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
    static let trailer: Int16 = -1
}
