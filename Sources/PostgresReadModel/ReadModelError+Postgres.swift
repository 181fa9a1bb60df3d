import ReadModel

/// PostgreSQL's errors in the port's terms. `CancellationError` and the port's own errors stay what they are.
func readModelError(_ what: String, _ settings: ConnectionSettings?, _ error: any Error) -> any Error {
    let cannot = "cannot \(what)" + (settings.map { " in PostgreSQL at \($0.description)" } ?? "")
    switch error {
    case is PoolExhausted:
        return ReadModelError(.unavailable, "\(cannot): \(error); allow for more connections", underlying: error)
    case is ServerUnreachable: return ReadModelError(.unavailable, "\(cannot): \(error)", underlying: error)
    case is PoolClosed: return ReadModelError(.unavailable, "\(cannot): the store is closed", underlying: error)
    case let error as PostgresError: return readModelError(cannot, error)
    default: return error
    }
}

private func readModelError(_ cannot: String, _ error: PostgresError) -> ReadModelError {
    func made(_ code: ReadModelError.Code, _ why: String) -> ReadModelError { ReadModelError(code, "\(cannot): \(why)", underlying: error) }
    switch error.kind {
    case .connecting where error.isRefusal: return ReadModelError(.refused, "\(cannot): \(error)")
    case .connectionString, .connecting, .connectionLost, .unanswered: return ReadModelError(.unavailable, "\(cannot): \(error)")
    case .name: return ReadModelError(.incompatibleLayout, "\(cannot): \(error)")
    case .unexpectedAnswer:
        return ReadModelError(.unreadableEvent, "\(cannot): \(error): it was changed by hand; rebuild with `replay`")
    case .server: break
    }
    switch error.sqlState {
    case .diskFull: return made(.storage, "the server's disk is full; free space")
    case .numericValueOutOfRange: return made(.unsupportedValue, "a number is beyond what its column holds")
    case .programLimitExceeded: return made(.unsupportedValue, "a key is longer than an index can hold, about 2,600 bytes")
    case .insufficientPrivilege:
        return made(.refused, "the role lacks a right; grant it, or let one that has it make the engine's schema and first generation")
    case .readOnlyTransaction:
        return made(
            .unavailable, "the server takes no writes: it is a standby, or `default_transaction_read_only` is on; connect to the primary")
    case .duplicatePreparedStatement, .invalidStatementName:
        return made(
            .unavailable, "a pooler lends the server's sessions out by transaction: use its session mode, or connect to the server itself")
    case .undefinedTable: return made(.unavailable, "a table of it is gone, which somebody dropped by hand; rebuild with `replay`")
    case .wrongObjectType: return made(.incompatibleLayout, "there is a table with the view's name; rename it")
    case .lockNotAvailable: return made(.unavailable, "others' long transactions hold it; end them, or try again later")
    case .queryCanceled: return made(.unavailable, "the server cancelled it, as `statement_timeout` or an administrator asked")
    // Class 22: data exceptions, such as text that is not valid in the database's encoding.
    case let state? where state.conditionClass == "22": return made(.unsupportedValue, "the server refuses a value")
    case let state? where state.conditionClass == "58": return made(.storage, "the server's disk fails")
    default: return ReadModelError(.unavailable, "\(cannot): \(error)", underlying: error)
    }
}
