/// What the prices of a file say about its decimal mark.
struct NumberEvidence {
    /// The first line that proves each mark, with its price.
    private var proofs: [DecimalMark: (line: Int, text: String)] = [:]

    mutating func add(_ text: String, line: Int) {
        // Most prices of most files prove again what one has proved.
        if proofs[.point] != nil, !text.utf8.contains(UInt8(ascii: ",")) { return }
        guard let mark = WrittenNumber(text)?.provenMark, proofs[mark] == nil else { return }
        proofs[mark] = (line, text)
    }

    /// - Parameter separator: the data set's own form is certain only with its own separator.
    func form(_ separator: UInt8) -> NumberForm {
        switch (proofs[.point] != nil, proofs[.comma] != nil) {
        case (true, false): .decimal(.point)
        case (false, true): .decimal(.comma)
        default: separator == Separator.comma.byte ? .documented : .undecided
        }
    }

    var assumption: String? {
        guard let comma = proofs[.comma] else { return nil }
        let proof = "line \(comma.line) has '\(Excerpt(comma.text))'"
        return proofs[.point] == nil
            ? "decimal commas (\(proof))" : "prices have decimal points, and commas (\(proof)): what is not certain is set aside"
    }
}
