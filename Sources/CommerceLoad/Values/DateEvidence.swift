/// What the dates of a file say about their order.
struct DateEvidence {
    /// The first line that proves each order, with its date.
    private var proofs: [DateOrder: (line: Int, text: String)] = [:]

    mutating func add(_ text: String, line: Int) {
        // It begins with its year, as all dates of most files do.
        if text.utf8.dropFirst(4).first == UInt8(ascii: "-") { return }
        guard let order = WrittenDate(text)?.provenOrder, proofs[order] == nil else { return }
        proofs[order] = (line, text)
    }

    /// The order of all dates, where some prove one and none the other.
    var order: DateOrder? { proofs.count == 1 ? proofs.first?.key : nil }

    var assumption: String? {
        switch (proofs[.dayFirst], proofs[.monthFirst]) {
        case (let day?, let month?):
            "dates are day-first (\(Self.proof(day))) and month-first (\(Self.proof(month))): those that may be either are set aside"
        case (let day?, nil): "dates are day-first (\(Self.proof(day)))"
        case (nil, let month?): "dates are month-first (\(Self.proof(month)))"
        case (nil, nil): nil
        }
    }

    private static func proof(_ proof: (line: Int, text: String)) -> String { "line \(proof.line) has '\(Excerpt(proof.text))'" }
}
