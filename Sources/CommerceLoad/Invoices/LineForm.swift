import Commerce
import EventModel

/// How the lines of a file are to be read: its layout, and what its values look like.
struct LineForm: Sendable {
    let layout: Layout
    /// Nil where the file's dates do not tell.
    let dates: DateOrder?
    let numbers: NumberForm

    /// A field's bytes; empty where the record is too short.
    func bytes(_ column: Column, of record: CSVRecord) -> ArraySlice<UInt8> {
        let place = layout.place(of: column)
        return place < record.count ? record[place] : []
    }

    /// A field's text, `NULL` being none.
    func text(_ column: Column, of record: CSVRecord) throws(Reject) -> String {
        guard layout.place(of: column) < record.count else { throw Reject(.malformed, column, "is missing") }
        let bytes = bytes(column, of: record)
        guard let text = layout.encoding.text(bytes) else {
            throw switch layout.encoding {
            case .utf8: Reject(.malformed, column, "is not UTF-8", hint: .encoding)
            case .utf16: Reject(.malformed, column, "is not UTF-16")
            case .windows1252: Reject(.malformed, column, "has a byte that windows-1252 does not define")
            }
        }
        if bytes.first == UInt8(ascii: "#"), Self.spreadsheetErrors.contains(text) {
            throw Reject(.malformed, column, "is a spreadsheet's error")
        }
        return Self.isNull(bytes) ? "" : text
    }

    /// A text that the command API takes.
    func text(_ column: Column, of record: CSVRecord, _ length: ClosedRange<Int>) throws(Reject) -> String {
        let text = try text(column, of: record)
        guard !text.utf8.contains(0) else { throw Reject(.malformed, column, "has a NUL character") }
        guard text.unicodeScalars.count >= length.lowerBound else { throw Reject(.malformed, column, "is empty") }
        guard text.unicodeScalars.count <= length.upperBound else {
            throw Reject(.malformed, column, "has more than \(length.upperBound) characters")
        }
        return text
    }

    func sku(of record: CSVRecord) throws(Reject) -> String {
        let text = try text(.sku, of: record, TextLimits.sku)
        guard !Self.isRounded(text) else { throw Reject(.malformed, .sku, "is a number that a spreadsheet has rounded") }
        return text
    }

    func quantity(of record: CSVRecord) throws(Reject) -> Int32 {
        let text = try text(.quantity, of: record)
        let digits = try digits(.quantity, text)
        guard digits.decimals == nil, let quantity = Int32((digits.sign.map(String.init) ?? "") + digits.whole) else {
            throw Reject(.malformed, .quantity, digits.decimals == nil ? "is beyond 32 bits" : "is no whole number")
        }
        return quantity
    }

    /// In millionths, exactly.
    func price(of record: CSVRecord) throws(Reject) -> Int64 {
        let text = try text(.price, of: record)
        let digits = try digits(.price, text)
        guard digits.sign != "+" else { throw Reject(.malformed, .price, "is no number") }
        let micros = Micros.exactly(whole: digits.whole, decimals: digits.decimals ?? "0")
        guard let micros else { throw Reject(.malformed, .price, "has more than six decimals, or is beyond 64 bits of millionths") }
        return digits.sign == "-" ? -micros : micros
    }

    func date(of record: CSVRecord) throws(Reject) -> Timestamp {
        let text = try text(.date, of: record)
        guard let date = WrittenDate(text) else { throw Reject(.malformed, .date, "is no date with a time") }
        do throws(Malformation) {
            return try date.timestamp(dates)
        } catch {
            throw Reject(.malformed, .date, error.detail, hint: error.hint)
        }
    }

    /// `17850.0` is customer `17850`; an empty field is an unknown one.
    func customer(of record: CSVRecord) throws(Reject) -> String? {
        let text = try text(.customer, of: record)
        if text.isEmpty { return nil }
        let digits = text.hasSuffix(".0") ? text.dropLast(2) : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy(\.isDigit), digits.utf8.count <= TextLimits.customerID.upperBound else {
            throw Reject(.malformed, .customer, "is no customer's number")
        }
        return String(digits)
    }

    private func digits(_ column: Column, _ text: String) throws(Reject) -> (sign: Character?, whole: String, decimals: String?) {
        guard let number = WrittenNumber(text) else { throw Reject(.malformed, column, text.isEmpty ? "is empty" : "is no number") }
        do throws(Malformation) {
            let digits = try number.digits(numbers)
            return (number.sign, digits.whole, digits.decimals)
        } catch {
            throw Reject(.malformed, column, error.detail, hint: error.hint)
        }
    }

    /// As databases write that there is no value.
    static func isNull(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count == 4 && (bytes.elementsEqual("NULL".utf8) || bytes.elementsEqual("null".utf8))
    }

    private static let spreadsheetErrors: Set = [
        "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
    ]

    /// `8.5E+04`, which may have been any code from 84,500 to 85,499.
    private static func isRounded(_ text: String) -> Bool {
        let parts = text.split(separator: "E", omittingEmptySubsequences: false)
        guard parts.count == 2, let sign = parts[1].utf8.first, "+-".utf8.contains(sign), parts[1].utf8.count >= 3,
            parts[1].utf8.dropFirst().allSatisfy(\.isDigit)
        else { return false }
        let digits = parts[0].split(omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
        return digits.count <= 2 && digits[0].utf8.count == 1 && digits.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) }
    }
}

/// Money in millionths.
enum Micros {
    /// Nil where the number has more than six decimals that are not 0, or is too large.
    static func exactly(whole: String, decimals: String) -> Int64? {
        guard decimals.utf8.dropFirst(6).allSatisfy({ $0 == UInt8(ascii: "0") }), let units = Int64(whole),
            let fraction = Int64((decimals + "000000").prefix(6))
        else { return nil }
        let (scaled, overflow) = units.multipliedReportingOverflow(by: 1_000_000)
        let (sum, tooLarge) = scaled.addingReportingOverflow(fraction)
        return overflow || tooLarge ? nil : sum
    }
}
