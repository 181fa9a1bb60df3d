/// Takes a date's characters one after the other.
struct DateScanner {
    private let bytes: [UInt8]
    private var position = 0

    /// Blanks that do not break a line count as blanks.
    init(_ text: String) {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else {
            bytes = Array(text.utf8)
            return
        }
        bytes = Array(String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.isWhitespace ? " " : $0 })).utf8)
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func number(_ lengths: ClosedRange<Int>) -> (value: Int, length: Int)? {
        let digits = bytes[position...].prefix { $0.isDigit }
        guard lengths.contains(digits.count) else { return nil }
        position += digits.count
        return (digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }, digits.count)
    }

    mutating func one(of characters: StaticString) -> UInt8? {
        guard position < bytes.count, characters.withUTF8Buffer({ $0.contains(bytes[position]) }) else { return nil }
        position += 1
        return bytes[position - 1]
    }

    /// Whether there are some.
    mutating func blanks() -> Bool {
        let start = position
        while one(of: " ") != nil {}
        return position > start
    }

    /// The second of the day of `8:26`, `08:26:00`, `08:26:00.000`, `8:26 PM`.
    mutating func time() -> Int? {
        guard let hour = number(1...2), one(of: ":") != nil, let minute = number(2...2), minute.value < 60 else { return nil }
        var second = 0
        if one(of: ":") != nil {
            guard let number = number(2...2), number.value < 60 else { return nil }
            second = number.value
            if one(of: ".") != nil {
                guard one(of: "0") != nil else { return nil }
                while one(of: "0") != nil {}
            }
        }
        let hasBlank = blanks()
        guard let half = one(of: "AaPp") else { return hasBlank || hour.value > 23 ? nil : (hour.value * 60 + minute.value) * 60 + second }
        guard one(of: "Mm") != nil, (1...12).contains(hour.value) else { return nil }
        let isAfternoon = "Pp".utf8.contains(half)
        return ((hour.value % 12 + (isAfternoon ? 12 : 0)) * 60 + minute.value) * 60 + second
    }
}

extension UInt8 {
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
