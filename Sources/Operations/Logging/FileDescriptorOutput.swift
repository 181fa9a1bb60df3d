import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writes log lines to a file descriptor, each before the call returns, so that none is lost on exit.
public final class FileDescriptorOutput: LogOutput {
    public static let standardError = FileDescriptorOutput(fileDescriptor: STDERR_FILENO)

    private let fileDescriptor: Int32
    /// Held for a whole line, which may take several writes on a pipe.
    private let writing = Mutex<Void>(())

    /// - Parameter fileDescriptor: stays the caller's to close.
    public init(fileDescriptor: Int32) { self.fileDescriptor = fileDescriptor }

    public func write(_ line: [UInt8]) {
        writing.withLock { _ in
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress {
                    #if canImport(Glibc)
                    let written = Glibc.write(fileDescriptor, start, rest.count)
                    #elseif canImport(Musl)
                    let written = Musl.write(fileDescriptor, start, rest.count)
                    #else
                    let written = Darwin.write(fileDescriptor, start, rest.count)
                    #endif
                    if written > 0 {
                        rest = rest.dropFirst(written)
                    } else if written < 0, errno == EAGAIN {
                        // Another process made the shared descriptor non-blocking; wait until it takes more.
                        var ready = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
                        _ = poll(&ready, 1, -1)
                    } else if written == 0 || errno != EINTR {
                        // Nobody reads any more, or the disk is full: there is nowhere left to say so.
                        return
                    }
                    if rest.isEmpty { return }
                }
            }
        }
    }
}
