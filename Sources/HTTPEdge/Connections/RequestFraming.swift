import NIOCore
import NIOHTTP1

/// Where the request ends that is being decoded. The handler behind the decoder tells it of every part; the decoder asks.
///
/// Confined to one event loop.
final class RequestFraming {
    private enum Place {
        case head
        /// So many bytes of the body are still to come.
        case announced(Int)
        case chunked
    }

    private let maximumLineBytes: Int
    private var place = Place.head
    private var offersOtherProtocol = false
    private var isStopped = false
    private var lineBytes = 0
    private var hasLineEnded = false

    init(maximumLineBytes: Int) { self.maximumLineBytes = maximumLineBytes }

    func begin(_ traits: RequestTraits) {
        offersOtherProtocol = traits.offersUpgrade || traits.isTunnel
        place =
            switch traits.body {
            case .none: .announced(0)
            case .announced(let length): .announced(length)
            case .chunked: .chunked
            }
    }

    func received(_ bytes: Int) {
        if case .announced(let length) = place { place = .announced(length - bytes) }
    }

    func end() {
        isStopped = offersOtherProtocol
        place = .head
        lineBytes = 0
        hasLineEnded = false
    }

    /// Whether NIO's decoder may have stopped: a request that offers another protocol has ended since this was last asked.
    func takeStop() -> Bool {
        defer { isStopped = false }
        return isStopped
    }

    /// How long a piece may be decoded at once such that it does not go beyond the request's end.
    ///
    /// - Parameter seen: so many bytes were decoded before, and are shown again.
    func pieceLength(_ bytes: ByteBufferView, seen: Int) -> Int {
        switch place {
        case .announced(let length): return min(bytes.count, max(1, length))
        case .chunked:
            // The last line ends the request. Where its CR came before, it begins with LF.
            var previous = seen > 0 ? bytes[bytes.startIndex + seen - 1] : 0
            for index in seen..<bytes.count {
                let byte = bytes[bytes.startIndex + index]
                if byte == lineFeed, previous == carriageReturn || index == seen { return index + 1 }
                previous = byte
            }
            return bytes.count
        case .head:
            let length = headLength(bytes, seen: seen)
            countLine(bytes, from: seen, to: length)
            return length
        }
    }

    /// Whether a head that is too large is so by its first line.
    var isLineTooLong: Bool { lineBytes > maximumLineBytes }

    /// Up to the first empty line that ends behind what was seen.
    private func headLength(_ bytes: ByteBufferView, seen: Int) -> Int {
        bytes.withUnsafeBytes { bytes in
            for index in seen..<bytes.count where bytes[index] == lineFeed {
                if index > 0, bytes[index - 1] == lineFeed { return index + 1 }
                if index > 1, bytes[index - 1] == carriageReturn, bytes[index - 2] == lineFeed { return index + 1 }
            }
            return bytes.count
        }
    }

    private func countLine(_ bytes: ByteBufferView, from start: Int, to end: Int) {
        guard !hasLineEnded else { return }
        for byte in bytes.dropFirst(start).prefix(end - start) {
            if byte == lineFeed {
                // Empty lines may come before.
                hasLineEnded = lineBytes > 0
                if hasLineEnded { return }
            } else if byte != carriageReturn {
                lineBytes += 1
            }
        }
    }
}

private let lineFeed = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
