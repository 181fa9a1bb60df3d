/// How a file's bytes stand for characters.
enum TextEncoding: String, CaseIterable, Sendable {
    case utf8 = "utf-8"
    case windows1252 = "windows-1252"
    /// Of either byte order, by its mark or by where the first character's zero byte is.
    case utf16 = "utf-16"

    /// The encoding that the byte order mark at the head tells, which no other text begins with.
    init?(markOf head: [UInt8]) {
        if head.starts(with: [0xEF, 0xBB, 0xBF]) {
            self = .utf8
        } else if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
            self = .utf16
        } else {
            return nil
        }
    }

    /// A field's text, or nil where its bytes stand for none. UTF-16 has become UTF-8 by then.
    func text(_ bytes: ArraySlice<UInt8>) -> String? {
        switch self {
        case .utf8, .utf16: return String(validating: bytes, as: UTF8.self)
        case .windows1252:
            guard bytes.contains(where: { $0 >= 0x80 }) else { return String(decoding: bytes, as: UTF8.self) }
            var text = String.UnicodeScalarView()
            for byte in bytes {
                guard let scalar = Self.windows1252Scalar(byte) else { return nil }
                text.append(scalar)
            }
            return String(text)
        }
    }

    private static func windows1252Scalar(_ byte: UInt8) -> Unicode.Scalar? {
        guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
        let scalar = windows1252Middle[Int(byte) - 0x80]
        return scalar == "\0" ? nil : scalar
    }

    /// 0x80 to 0x9F, after Unicode's table VENDORS/MICSFT/WINDOWS/CP1252.TXT; NUL where that has none.
    private static let windows1252Middle: [Unicode.Scalar] = [
        "€", "\0", "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", "\0", "Ž", "\0",
        "\0", "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", "\0", "ž", "Ÿ",
    ]
}
