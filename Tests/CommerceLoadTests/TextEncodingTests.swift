import Testing

@testable import CommerceLoad

@Suite struct TextEncodingTests {
    @Test func readsWindows1252ByItsTable() {
        func text(_ bytes: [UInt8]) -> String? { TextEncoding.windows1252.text(bytes[...]) }
        #expect(text(Array("Cura".utf8) + [0xE7] + Array("ao".utf8)) == "Curaçao")
        #expect(text([0x80, 0x85, 0x91, 0x99, 0x9F, 0xA0, 0xA3, 0xFF]) == "€…‘™Ÿ\u{A0}£ÿ")
        for byte in UInt8.min...UInt8.max {
            let isDefined = ![0x81, 0x8D, 0x8F, 0x90, 0x9D].contains(byte)
            #expect((text([0x41, byte]) != nil) == isDefined, "\(byte)")
        }
    }

    @Test func takesNoBytesForUTF8ThatAreNone() {
        for bytes: [UInt8] in [[0xE7], [0x41, 0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF], [0xF5, 0x80, 0x80, 0x80]] {
            #expect(TextEncoding.utf8.text(bytes[...]) == nil, "\(bytes)")
        }
        #expect(TextEncoding.utf8.text(Array("Curaçao ☃ 🎁 \u{FFFD}".utf8)[...]) == "Curaçao ☃ 🎁 \u{FFFD}")
    }

    @Test(arguments: [true, false])
    func makesUTF8OfUTF16(_ isLittleEndian: Bool) {
        let text = "\u{FEFF}Curaçao\t☃ 🎁\r\n"
        let bytes = text.utf16.flatMap { isLittleEndian ? [UInt8($0 & 0xFF), UInt8($0 >> 8)] : [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(TextEncoding(markOf: bytes) == .utf16)
        for size in 1...bytes.count {
            var transcoder = UTF16Transcoder(head: bytes)
            var made: [UInt8] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                made += transcoder.transcode(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            made += transcoder.end()
            #expect(String(validating: made, as: UTF8.self) == text, "in pieces of \(size)")
        }
        // Without a mark, by the zero byte of the first character.
        var transcoder = UTF16Transcoder(head: Array(bytes.dropFirst(2)))
        #expect(String(decoding: transcoder.transcode(Array(bytes.dropFirst(2))), as: UTF8.self) == String(text.dropFirst()))
    }

    /// They would become U+FFFD otherwise, and nothing would tell.
    @Test(arguments: [[0x41, 0, 0x00, 0xD8, 0x42, 0], [0x41, 0, 0x00, 0xDC], [0x41, 0, 0x00, 0xD8], [0x41, 0, 0x42]] as [[UInt8]])
    func halvesOfUTF16AreNoUTF8(_ bytes: [UInt8]) {
        var transcoder = UTF16Transcoder(head: bytes)
        let made = transcoder.transcode(bytes) + transcoder.end()
        #expect(made.first == 0x41)
        #expect(String(validating: made, as: UTF8.self) == nil)
    }
}
