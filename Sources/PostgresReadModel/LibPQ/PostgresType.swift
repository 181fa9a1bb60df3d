/// A type of PostgreSQL by its object identifier, as in `pg_type.dat`.
struct PostgresType: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    static let boolean = PostgresType(rawValue: 16)
    static let bigint = PostgresType(rawValue: 20)
    static let integer = PostgresType(rawValue: 23)
    static let text = PostgresType(rawValue: 25)
    static let integerArray = PostgresType(rawValue: 1007)
    static let numeric = PostgresType(rawValue: 1700)
    static let numericArray = PostgresType(rawValue: 1231)
    static let textArray = PostgresType(rawValue: 1009)
    static let bigintArray = PostgresType(rawValue: 1016)
}
