/// A database spoken to by hand, for the yardsticks; SQL has its parameters as `$1` to `$n`, in order.
protocol SQLConnection {
    func execute(_ sql: String) throws
    func prepare(_ sql: String) throws -> any SQLStatement
    /// What a table's definition ends with where its rows are to lie by primary key, so far as the database knows that.
    var clustered: String { get }
}

/// A prepared statement, bound from the first parameter on and run.
protocol SQLStatement {
    func bind(_ value: Int64)
    func bind(_ value: String?)
    func run() throws
}

/// Loads a rebuild's rows with nothing between: the yardstick for loading.
protocol BareLoader {
    /// Into a table with its primary key, in one transaction.
    func load() throws
    /// The secondary indexes that a rebuild makes besides.
    func index() throws
}

/// A figure that a bare loader's columns of 64 bits do not hold.
struct WideFigure: Error, CustomStringConvertible {
    let number: Int128

    var description: String { "the bare loaders have columns of 64 bits, and \(number) needs more" }
}
