/// What went wrong between this program and a PostgreSQL server. Holds no password: neither libpq's messages nor the server's do.
struct PostgresError: Error, Hashable, CustomStringConvertible {
    enum Kind: Hashable, Sendable {
        /// The connection string is none, or names an unknown option.
        case connectionString
        /// PostgreSQL has no form for a name.
        case name
        /// No connection could be made.
        case connecting
        /// The connection broke. A statement under way may have taken effect, or not.
        case connectionLost
        /// The server said nothing for too long, and the connection was closed. A statement under way may have taken effect, or not.
        case unanswered
        /// The server refused a statement.
        case server
        /// The server, or somebody's changes to its tables, answered with something else than was asked for.
        case unexpectedAnswer
    }

    let kind: Kind
    let message: String
    /// Of the server's errors, those at connecting included; nil where it said nothing.
    var sqlState: SQLState?
    var detail: String?
    var hint: String?
    /// The constraint that a row violates.
    var constraint: String?
    /// What the server was doing, such as the line of a COPY.
    var context: String?
    /// Whether the server ended the session with it.
    var isFatal = false

    /// Whether it is of the options of the connection string, and not of the server's present state.
    var isAboutSettings = false

    init(_ kind: Kind, _ message: String, sqlState: SQLState? = nil) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
    }

    var description: String {
        var text = message
        if let sqlState { text += " [SQLSTATE \(sqlState)]" }
        if let detail { text += "; \(detail)" }
        if let hint { text += "; hint: \(hint)" }
        return text
    }

    /// Whether the connection is of no more use.
    var isConnectionLoss: Bool {
        switch kind {
        case .connectionLost, .unanswered: true
        case .server: isFatal
        default: false
        }
    }

    /// Whether the server takes no writes, as a standby does, or a primary that was one until a moment ago.
    var isReadOnlyServer: Bool { kind == .server && sqlState == .readOnlyTransaction }

    /// Whether the server rolled the transaction back for the sake of another one, so that it may be tried again.
    var isTransactionConflict: Bool { sqlState == .serializationFailure || sqlState == .deadlockDetected }

    /// Whether a prepared statement does not fit the tables any more: those were changed or replaced meanwhile.
    var isStalePlan: Bool {
        kind == .server && (sqlState == .featureNotSupported || sqlState == .invalidStatementName || sqlState == .undefinedTable)
    }

    /// Whether a server, or the connection's options, turn this program away for what it is: an unknown role or a wrong password (class 28), a
    /// database that does not exist or may not be entered, a certificate.
    var isRefusal: Bool {
        isAboutSettings || sqlState?.conditionClass == "28" || sqlState == .invalidCatalogName || sqlState == .insufficientPrivilege
    }

    /// Whether connecting again with the same settings could help.
    var isWorthReconnecting: Bool {
        guard kind == .connecting || isConnectionLoss, !isAboutSettings else { return false }
        return sqlState.map { $0.conditionClass == "57" || $0.conditionClass == "53" || $0.conditionClass == "08" } ?? true
    }
}
