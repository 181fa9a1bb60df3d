import CommerceSchemas
import ProtobufModel

extension Line {
    static let fields: [MessageField<Line>] = [
        .text("sku", \.sku, length: TextLimits.sku),
        .text("description", \.description_p, length: TextLimits.description),
        .int32("quantity", domain: 1 ... .max),
        .int64("unitPriceMicros", domain: 0 ... .max, description: "In millionths of the currency unit."),
    ]
}

extension TextForm {
    /// Any text but the ledger's word for customers who are unknown.
    static let customer = TextForm(
        pattern: #"^(?!anonymous$)[^\u0000]*$"#, description: "not 'anonymous', which stands for unknown customers"
    ) {
        $0 != "anonymous"
    }

    /// ISO 4217's alphabetic code, by its form alone.
    static let currency = TextForm(pattern: "^[A-Z]{3}$", description: "a currency code of three letters A to Z (ISO 4217)") { text in
        text.utf8.count == 3 && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
}
