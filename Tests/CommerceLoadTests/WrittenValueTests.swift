import EventModel
import Testing

@testable import CommerceLoad

@Suite struct WrittenDateTests {
    private func instant(_ text: String, _ order: DateOrder? = nil) -> String? {
        do throws(Malformation) {
            return try WrittenDate(text)?.timestamp(order).description
        } catch {
            return nil
        }
    }

    @Test(arguments: [
        "2010-12-01 08:26:00", "2010-12-01 08:26", "2010-12-01T08:26:00", "2010/12/1 8:26", "2010-12-01 08:26:00.000", " 2010-12-01 08:26 ",
        "2010-12-01\u{A0}08:26",
    ])
    func whatBeginsWithTheYearHasOneMeaning(_ text: String) {
        for order: DateOrder? in [nil, .dayFirst, .monthFirst, .iso] { #expect(instant(text, order) == "2010-12-01T08:26:00Z") }
    }

    @Test(arguments: ["1/12/2010 8:26", "01/12/2010 08:26", "01.12.2010 08:26:00", "1-12-2010 8:26 am", "01/12/2010  8:26\u{202F}AM"])
    func readsADayInTheOrderThatIsMeant(_ text: String) {
        #expect(instant(text, .dayFirst) == "2010-12-01T08:26:00Z")
        #expect(instant(text, .monthFirst) == "2010-01-12T08:26:00Z")
        #expect(instant(text, .iso) == nil)
        #expect(instant(text) == nil)
        #expect(WrittenDate(text)?.provenOrder == nil)
    }

    @Test func aPartBeyondTwelveProvesTheOrder() {
        #expect(WrittenDate("13/12/2010 8:26")?.provenOrder == .dayFirst)
        #expect(WrittenDate("12/13/2010 8:26")?.provenOrder == .monthFirst)
        #expect(WrittenDate("2010-12-13 8:26")?.provenOrder == nil)
        #expect(WrittenDate("13/13/2010 8:26")?.provenOrder == nil)
        #expect(WrittenDate("32/12/2010 8:26")?.provenOrder == nil)
        // By itself it has one meaning, and so has a day that is the month.
        #expect(instant("13/12/2010 8:26") == "2010-12-13T08:26:00Z")
        #expect(instant("12/13/2010 8:26") == "2010-12-13T08:26:00Z")
        #expect(instant("05/05/2011 8:26") == "2011-05-05T08:26:00Z")
        // But not in a file that is otherwise.
        #expect(instant("13/12/2010 8:26", .monthFirst) == nil)
        #expect(instant("12/13/2010 8:26", .dayFirst) == nil)
    }

    @Test func evidenceCountsOnlyWhereItAgrees() {
        var evidence = DateEvidence()
        for (index, text) in ["2010-12-13 08:26:00", "1/12/2010 8:26", "x", "13/12/2010 8:26"].enumerated() {
            #expect(evidence.order == nil)
            evidence.add(text, line: index + 2)
        }
        #expect(evidence.order == .dayFirst)
        #expect(evidence.assumption == "dates are day-first (line 5 has '13/12/2010 8:26')")
        evidence.add("12/13/2010 8:26", line: 9)
        #expect(evidence.order == nil)
        #expect(evidence.assumption?.contains("set aside") == true)
    }

    @Test(arguments: [
        "", "2010-12-01", "1/12/10 8:26", "10-12-01 8:26", "2010-12-01 8", "2010-12-01 08:6", "2010-12-01 08:26:0", "2010-12-01 08:26:00.5",
        "2010-12-0108:26", "2010-12-01 08:26Z", "2010-12-01 13:26 PM", "2010-12-01 0:26 AM", "2010-12/01 08:26", "2010-12-01 24:00:00",
        "2010-12-01 08:60", "1/12/2010T8:26", "40513.35", "-2010-12-01 08:26", "2010-12-01 08:26:00.", "2010-12-01 08:26 ",
        "٢٠١٠-12-01 08:26",
    ])
    func takesNothingElseForADate(_ text: String) {
        // A blank at an end is a cell's, and no part of the date.
        #expect((WrittenDate(text) == nil) == !text.hasSuffix(" "), "\(text)")
    }

    @Test func knowsTheCalendar() {
        for text in ["2011-02-29 0:00", "2010-11-31 0:00", "2010-00-01 0:00", "2010-01-00 0:00", "1900-02-29 0:00", "0000-01-01 0:00"] {
            #expect(instant(text) == nil, "\(text)")
        }
        #expect(instant("2000-02-29 23:59:59") == "2000-02-29T23:59:59Z")
        #expect(instant("0001-01-01 0:00") == "0001-01-01T00:00:00Z")
        #expect(instant("9999-12-31 12:00 am") == "9999-12-31T00:00:00Z")
        #expect(instant("1969-12-31 12:00 PM") == "1969-12-31T12:00:00Z")
        // Against the other direction, which the views use.
        for day in stride(from: -719_162, through: 2_932_896, by: 997) {
            #expect(instant("\(Day(daysSince1970: day)) 00:00:00") == "\(Day(daysSince1970: day))T00:00:00Z")
        }
    }
}

@Suite struct WrittenNumberTests {
    private func digits(_ text: String, _ form: NumberForm) -> String? {
        do throws(Malformation) {
            guard let digits = try WrittenNumber(text)?.digits(form) else { return nil }
            return digits.decimals.map { "\(digits.whole).\($0)" } ?? digits.whole
        } catch {
            return nil
        }
    }

    @Test(
        arguments: [
            ("2.55", "2.55", nil, "2.55"), ("2,55", nil, "2.55", "2.55"), ("7", "7", "7", "7"), ("1.234", "1.234", "1234", nil),
            ("1,234", "1234", "1.234", nil), ("0,125", nil, "0.125", "0.125"), ("0.125", "0.125", nil, "0.125"),
            ("1.234,5", nil, "1234.5", "1234.5"), ("1,234.5", "1234.5", nil, "1234.5"), ("1.234.567", nil, "1234567", "1234567"),
            ("1,234,567.25", "1234567.25", nil, "1234567.25"), ("1 234", "1234", "1234", "1234"), ("1\u{A0}234,5", nil, "1234.5", "1234.5"),
            ("1\u{202F}234.5", "1234.5", nil, "1234.5"), ("1234.567", "1234.567", nil, "1234.567"), ("12,34", nil, "12.34", "12.34"),
            ("1,23,456", nil, nil, nil), ("1.2.3", nil, nil, nil), ("12 34", nil, nil, nil), ("1.234,5.6", nil, nil, nil),
            ("0.123.456", nil, nil, nil), ("1 234.567 890", nil, nil, nil),
        ] as [(String, String?, String?, String?)])
    func readsANumberInItsForm(_ text: String, _ point: String?, _ comma: String?, _ undecided: String?) {
        #expect(digits(text, .decimal(.point)) == point)
        #expect(digits(text, .decimal(.comma)) == comma)
        #expect(digits(text, .undecided) == undecided)
        #expect(WrittenNumber(text)?.provenMark == (point == nil && comma != nil ? .comma : point != nil && comma == nil ? .point : nil))
    }

    @Test(arguments: [
        "", "-", ".5", "1.", ",", "1..2", "£2", "1e3", "1.23E+05", "0x10", "NaN", "#N/A", "--1", "1 -", "٥", "1'000", "1_000",
    ])
    func takesNothingElseForANumber(_ text: String) { #expect(WrittenNumber(text) == nil) }

    @Test func theDocumentedFormHasAPointAndNoOtherMark() {
        #expect(digits("1234.5", .documented) == "1234.5")
        #expect(digits("-1.234", .documented) == "1.234")
        for text in ["1,234.5", "2,55", "1 234", "1.2.3"] { #expect(digits(text, .documented) == nil) }
    }

    @Test func evidenceCountsOnlyWhereItAgrees() {
        var evidence = NumberEvidence()
        let (comma, semicolon) = (UInt8(ascii: ","), UInt8(ascii: ";"))
        evidence.add("1,234", line: 2)
        #expect(evidence.form(comma) == .documented)
        #expect(evidence.form(semicolon) == .undecided)
        evidence.add("2,55", line: 3)
        #expect(evidence.form(comma) == .decimal(.comma))
        #expect(evidence.assumption == "decimal commas (line 3 has '2,55')")
        evidence.add("2.55", line: 4)
        #expect(evidence.form(comma) == .documented)
        #expect(evidence.form(semicolon) == .undecided)
        #expect(evidence.assumption?.contains("set aside") == true)
        var other = NumberEvidence()
        other.add("2.55", line: 2)
        other.add("1,2,3", line: 3)
        #expect(other.form(semicolon) == .decimal(.point))
        #expect(other.assumption == nil)
    }
}
