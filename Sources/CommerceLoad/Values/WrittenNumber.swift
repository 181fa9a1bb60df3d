/// What parts a number's whole from its decimals.
enum DecimalMark: String, CaseIterable, Sendable {
    case point
    case comma
}

/// How a file writes its numbers.
enum NumberForm: Equatable {
    /// As the data set does: a decimal point, and digits in one group.
    case documented
    /// Digits may be grouped by threes, by the other mark or by blanks.
    case decimal(DecimalMark)
    /// Not known: a number is taken that has one meaning only.
    case undecided
}

/// A number as a line has it: groups of digits, and marks between them.
struct WrittenNumber: Equatable {
    private enum Mark: Hashable {
        case decimal(DecimalMark)
        case blank

        init?(_ scalar: Unicode.Scalar) {
            switch scalar {
            case ".": self = .decimal(.point)
            case ",": self = .decimal(.comma)
            case " ", "\u{A0}", "\u{202F}": self = .blank
            default: return nil
            }
        }
    }

    /// `-`, `+` or none.
    let sign: Character?
    private var groups: [Substring] = []
    private var marks: [Mark] = []

    /// Nil where the text is no number in any form.
    init?(_ text: String) {
        var rest = text.trimmed[...]
        if let first = rest.first, first == "-" || first == "+" {
            sign = first
            rest.removeFirst()
        } else {
            sign = nil
        }
        while true {
            let digits = Substring(rest.utf8.prefix { $0.isDigit })
            guard !digits.isEmpty else { return nil }
            groups.append(digits)
            rest = rest[digits.endIndex...]
            guard let scalar = rest.unicodeScalars.first else { return }
            guard let mark = Mark(scalar) else { return nil }
            marks.append(mark)
            rest.unicodeScalars.removeFirst()
        }
    }

    /// The only decimal mark by which this is a number: a comma in `2,55`, `1.234,5` and `1.234.567`, a point in `2.55` and `0.125`, none
    /// in `1.234`.
    var provenMark: DecimalMark? {
        let marks = DecimalMark.allCases.filter { (try? digits(.decimal($0))) != nil }
        return marks.count == 1 ? marks[0] : nil
    }

    /// Digits before and after the decimal mark.
    ///
    /// - Throws: why the form knows no such number.
    func digits(_ form: NumberForm) throws(Malformation) -> (whole: String, decimals: String?) {
        switch form {
        case .documented:
            guard marks.isEmpty || marks == [.decimal(.point)] else {
                throw Malformation("has another mark than a decimal point", hint: provenMark == .point ? nil : .decimal)
            }
            return (String(groups[0]), marks.isEmpty ? nil : String(groups[1]))
        case .undecided:
            if let mark = provenMark { return try digits(.decimal(mark)) }
            let digits = try digits(.decimal(.point))
            guard marks.allSatisfy({ $0 == .blank }) else {
                throw Malformation("may have thousands or decimals behind its mark", hint: .decimal)
            }
            return digits
        case .decimal(let mark):
            let hasDecimals = marks.last == .decimal(mark)
            let whole = hasDecimals ? groups.dropLast() : groups[...]
            let between = marks.prefix(whole.count - 1)
            guard whole.count == 1 || isGrouped(whole) && Set(between).count == 1 && between.first != .decimal(mark) else {
                throw Malformation("is no number")
            }
            return (whole.joined(), hasDecimals ? groups.last.map(String.init) : nil)
        }
    }

    /// One to three digits that do not begin with 0, and then three each.
    private func isGrouped(_ groups: ArraySlice<Substring>) -> Bool {
        guard groups.count > 1, let first = groups.first else { return false }
        return first.utf8.count <= 3 && !first.hasPrefix("0") && groups.dropFirst().allSatisfy { $0.utf8.count == 3 }
    }
}
