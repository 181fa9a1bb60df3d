/// How many lines were set aside, and for what.
struct RejectTally: Equatable {
    private(set) var count = 0
    private var fields: [String: [String: Int]] = [:]
    private var hints: [FormHint: Int] = [:]

    /// - Parameter field: the header's name of the field, nil where the line as a whole is wrong.
    mutating func add(_ reject: Reject, field: String?) {
        count += 1
        fields[reject.reason.rawValue, default: [:]][field ?? "the line", default: 0] += 1
        if let hint = reject.hint { hints[hint, default: 0] += 1 }
    }

    /// `3 malformed (InvoiceDate 2, Quantity 1), 1 price (UnitPrice 1)`
    var text: String {
        fields.sorted { $0.key < $1.key }.map { reason, fields in
            let each = fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            return "\(fields.values.reduce(0, +)) \(reason) (\(each))"
        }.joined(separator: ", ")
    }

    /// What the user can do about them, one sentence an option.
    var advice: [String] {
        FormHint.allCases.compactMap { hint in hints[hint].map { "\($0 == 1 ? "1 line" : "\($0) lines") \(hint.text)" } }
    }
}
