import NIOCore
import NIOHTTP1

/// NIO's HTTP/1.1 decoder, made to go on after a request that offers another protocol.
///
/// NIO's decoder stops for good after such a request: it expects that the other protocol's takes its place. The edge ignores the offer
/// (RFC 9110, section 7.8), so a fresh decoder takes that place. The bytes are decoded in pieces that end no later than the request, since the
/// stopped decoder would keep those behind it.
final class RequestDecoder: ByteToMessageDecoder {
    typealias InboundOut = HTTPServerRequestPart

    /// The request line is longer than a header field may be.
    struct TargetTooLong: Error {}

    private let framing: RequestFraming
    private let limits: NIOHTTPDecoderLimitConfiguration
    private var decoder: HTTPRequestDecoder
    /// So many bytes at the buffer's front were decoded, and are to be shown to the decoder again.
    private var seen = 0

    init(framing: RequestFraming, limits: NIOHTTPDecoderLimitConfiguration) {
        self.framing = framing
        self.limits = limits
        decoder = Self.makeDecoder(limits)
    }

    private static func makeDecoder(_ limits: NIOHTTPDecoderLimitConfiguration) -> HTTPRequestDecoder {
        HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
    }

    func decoderAdded(context: ChannelHandlerContext) { decoder.decoderAdded(context: context) }
    func decoderRemoved(context: ChannelHandlerContext) { decoder.decoderRemoved(context: context) }

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        while buffer.readableBytes > seen {
            let length = framing.pieceLength(buffer.readableBytesView, seen: seen)
            guard var piece = buffer.getSlice(at: buffer.readerIndex, length: length) else { break }
            do {
                _ = try decoder.decode(context: context, buffer: &piece)
            } catch HTTPParserError.headerOverflow where framing.isLineTooLong {
                throw TargetTooLong()
            }
            seen = piece.readableBytes
            buffer.moveReaderIndex(forwardBy: length - seen)
            if framing.takeStop() { restart(context) }
        }
        return .needMoreData
    }

    func decodeLast(context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool) throws -> DecodingState {
        _ = try decode(context: context, buffer: &buffer)
        return try decoder.decodeLast(context: context, buffer: &buffer, seenEOF: seenEOF)
    }

    private func restart(_ context: ChannelHandlerContext) {
        decoder.decoderRemoved(context: context)
        decoder = Self.makeDecoder(limits)
        decoder.decoderAdded(context: context)
        seen = 0
    }
}
