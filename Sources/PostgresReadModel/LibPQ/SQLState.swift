/// The five characters by which PostgreSQL names a condition ("PostgreSQL Error Codes", appendix A of its manual).
struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    let rawValue: String

    init(rawValue: String) { self.rawValue = rawValue }

    var description: String { rawValue }
    /// The condition's class, its first two characters.
    var conditionClass: Substring { rawValue.prefix(2) }

    static let featureNotSupported = SQLState(rawValue: "0A000")
    static let numericValueOutOfRange = SQLState(rawValue: "22003")
    static let uniqueViolation = SQLState(rawValue: "23505")
    static let readOnlyTransaction = SQLState(rawValue: "25006")
    static let invalidStatementName = SQLState(rawValue: "26000")
    static let invalidCatalogName = SQLState(rawValue: "3D000")
    static let dependentObjectsStillExist = SQLState(rawValue: "2BP01")
    static let serializationFailure = SQLState(rawValue: "40001")
    static let deadlockDetected = SQLState(rawValue: "40P01")
    static let insufficientPrivilege = SQLState(rawValue: "42501")
    static let duplicatePreparedStatement = SQLState(rawValue: "42P05")
    static let undefinedTable = SQLState(rawValue: "42P01")
    static let invalidTableDefinition = SQLState(rawValue: "42P16")
    static let wrongObjectType = SQLState(rawValue: "42809")
    static let diskFull = SQLState(rawValue: "53100")
    static let programLimitExceeded = SQLState(rawValue: "54000")
    static let lockNotAvailable = SQLState(rawValue: "55P03")
    static let queryCanceled = SQLState(rawValue: "57014")
}
