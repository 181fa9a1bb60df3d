#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writes to a file descriptor and blocks until it has taken everything.
///
/// A process must ignore SIGPIPE, as ``StandardStreams/prepare()`` does, for a reader that has gone to be an error here and not its end.
public struct DescriptorWriter: Sendable {
    public let descriptor: Int32

    /// - Parameter descriptor: stays the caller's to close.
    public init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// - Throws: ``WriteFailure`` with the system's error. A part of the bytes may have been written.
    public func write(_ bytes: [UInt8]) throws(WriteFailure) {
        var start = 0
        while start < bytes.count {
            let written = bytes.withUnsafeBytes { Self.writeSome(descriptor, UnsafeRawBufferPointer(rebasing: $0[start...])) }
            if written > 0 {
                start += written
                continue
            }
            switch written < 0 ? errno : EIO {
            case EINTR: continue
            case EAGAIN:
                // Another process made the shared descriptor non-blocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, -1)
            case let code: throw WriteFailure(code: code)
            }
        }
    }

    private static func writeSome(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
        Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}

/// The system did not take what was written.
public struct WriteFailure: Error, Hashable, CustomStringConvertible {
    /// The system's error number.
    public let code: Int32

    /// Whether the other end of the pipe or socket was closed.
    public var isOfReader: Bool { code == EPIPE || code == ECONNRESET }

    /// The system's words: "No space left on device".
    public var description: String { String(cString: strerror(code)) }
}
