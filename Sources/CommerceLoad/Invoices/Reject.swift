/// Why a line is set aside, as the rejects file has it.
enum RejectReason: String, Error {
    case invoiceNumber = "invoice-number"
    case malformed
    case quantity
    case price
}

/// A line's way of not fitting: the rule, and the field that breaks it.
struct Reject: Error, Equatable {
    let reason: RejectReason
    /// Nil where the line as a whole is wrong.
    let field: Column?
    /// What is wrong, for people; the field is its subject.
    let detail: String
    /// The option that would tell what is meant.
    var hint: FormHint?

    init(_ reason: RejectReason, _ field: Column?, _ detail: String, hint: FormHint? = nil) {
        self.reason = reason
        self.field = field
        self.detail = detail
        self.hint = hint
    }

    static let invoiceNumber = Reject(.invoiceNumber, .invoice, "is neither six digits nor C and six digits")
}

/// Why a field's text has no meaning.
struct Malformation: Error, Equatable {
    let detail: String
    let hint: FormHint?

    init(_ detail: String, hint: FormHint? = nil) {
        self.detail = detail
        self.hint = hint
    }
}

/// An option that would have told what a field means.
enum FormHint: CaseIterable, Sendable {
    case encoding
    case dates
    case decimal

    var text: String {
        switch self {
        case .encoding: "of bytes that are not UTF-8: '--encoding windows-1252' reads files as spreadsheets on Windows save them"
        case .dates: "with a date that may be day-first or month-first: '--dates' says which"
        case .decimal: "with a number whose decimal mark is not certain: '--decimal' says which it is"
        }
    }
}
