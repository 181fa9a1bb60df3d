import EventModel
import HTTPTypes
import Hummingbird
import NIOCore

/// Reads a request's JSON body.
struct JSONBody: Sendable {
    /// A larger body is refused, and never more than this held.
    let maximumBytes: Int

    func read(_ request: Request) async throws -> ByteBuffer {
        let length = try announcedLength(request)
        try checkMediaType(request.headers, mayBeAbsent: length == nil || length == 0)
        if length != 0 { try await openGate() }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: maximumBytes)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch let error as ConnectionHandler.Abandoned {
            throw error.problem
        } catch {
            throw Problem.malformed(nil, "the body ended before its end")
        }
        // A chunked body tells its length only by its end.
        if length == nil { try checkMediaType(request.headers, mayBeAbsent: body.readableBytes == 0) }
        return body
    }

    /// - Throws: ``Problem`` where the body cannot be taken now, or will not come.
    private func openGate() async throws {
        do {
            try await BodyGate.current?.open()
        } catch is BodyGate.Closed {
            throw Problem.noBodyMemory
        } catch let error as ConnectionHandler.Abandoned {
            throw error.problem
        } catch {
            throw Problem.malformed(nil, "the connection ended before the body")
        }
    }

    /// Nil where only its end will tell.
    private func announcedLength(_ request: Request) throws(Problem) -> Int? {
        guard let text = request.headers[.contentLength] else { return request.headers[.transferEncoding] == nil ? 0 : nil }
        guard let length = Int(text) else { throw .malformed("Content-Length", "Content-Length must be a number") }
        guard length <= maximumBytes else { throw tooLarge }
        return length
    }

    private var tooLarge: Problem {
        // The rest of the body is not worth waiting for.
        Problem(.tooLarge, "the body is over the limit of \(maximumBytes) bytes", headers: [.connection: "close"])
    }

    private func checkMediaType(_ headers: HTTPFields, mayBeAbsent: Bool) throws(Problem) {
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(.unsupportedMediaType, "the body must not be compressed")
        }
        guard let contentType = headers[.contentType] else {
            if mayBeAbsent { return }
            throw Problem(.unsupportedMediaType, "the body needs a Content-Type, application/json")
        }
        if contentType == "application/json" { return }
        // Parameters change nothing: JSON is UTF-8 (RFC 8259, section 11).
        let essence = contentType.split(outsideQuotes: ";").first?.lowercased() ?? ""
        let parts = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard essence == "application/json" || (parts.count == 2 && parts.allSatisfy(\.isToken) && essence.hasSuffix("+json")) else {
            throw Problem(.unsupportedMediaType, "the body must be JSON: Content-Type application/json")
        }
    }
}
