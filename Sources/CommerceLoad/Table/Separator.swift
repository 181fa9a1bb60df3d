/// What stands between two fields.
enum Separator: String, CaseIterable, CustomStringConvertible, Sendable {
    case comma = ","
    case semicolon = ";"
    case tab
    case bar = "|"

    var byte: UInt8 {
        switch self {
        case .comma: UInt8(ascii: ",")
        case .semicolon: UInt8(ascii: ";")
        case .tab: UInt8(ascii: "\t")
        case .bar: UInt8(ascii: "|")
        }
    }

    /// The one that a line `sep=;` names, which spreadsheets write above the header and read there.
    init?(named line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self).filter { $0 != "\"" }
        guard text.lowercased().hasPrefix("sep="), let separator = Self.allCases.first(where: { $0.byte == text.utf8.last }),
            text.utf8.count == 5
        else { return nil }
        self = separator
    }

    var description: String { self == .tab ? "tab" : "'\(rawValue)'" }
}
