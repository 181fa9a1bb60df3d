/// Six digits for an order; `C` and six digits for a return.
struct InvoiceNumber: Hashable {
    let text: String

    init?(_ text: some Collection<UInt8>) {
        let digits = text.first == UInt8(ascii: "C") ? text.dropFirst() : text[...]
        guard digits.count == 6, digits.allSatisfy(\.isDigit) else { return nil }
        self.text = String(decoding: text, as: UTF8.self)
    }

    var isReturn: Bool { text.hasPrefix("C") }
}
