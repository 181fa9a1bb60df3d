/// What the user says of a file's form; what is nil is found out, where that is certain.
struct FormOptions: Sendable {
    var encoding: TextEncoding?
    var separator: Separator?
    var dates: DateOrder?
    var decimal: DecimalMark?

    init(encoding: TextEncoding? = nil, separator: Separator? = nil, dates: DateOrder? = nil, decimal: DecimalMark? = nil) {
        self.encoding = encoding
        self.separator = separator
        self.dates = dates
        self.decimal = decimal
    }
}
