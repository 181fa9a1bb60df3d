import Dispatch
import Foundation

/// Calls back when a file's times change: inotify on Linux, a vnode source elsewhere.
///
/// The file must not be the database itself: closing a descriptor of that would drop SQLite's locks on it (POSIX advisory locks).
final class FileWatch: Sendable {
    // Cancelling a source is safe from any thread; nothing else is done to it after `init`.
    private nonisolated(unsafe) let source: any DispatchSourceProtocol

    /// Nil, with `errno`, where the file cannot be watched.
    init?(_ path: String, on queue: DispatchQueue, _ notice: @escaping @Sendable () -> Void) {
        #if os(Linux)
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        guard inotify_add_watch(descriptor, path, UInt32(IN_ATTRIB)) >= 0 else {
            let reason = errno
            Foundation.close(descriptor)
            errno = reason
            return nil
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler {
            // Which events they are does not matter; they only must not pile up.
            withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
                while Foundation.read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
            }
            notice()
        }
        #else
        let descriptor = Foundation.open(path, O_EVTONLY)
        guard descriptor >= 0 else { return nil }
        let source = DispatchSource.makeFileSystemObjectSource(fileDescriptor: descriptor, eventMask: .attrib, queue: queue)
        source.setEventHandler { notice() }
        #endif
        source.setCancelHandler { Foundation.close(descriptor) }
        source.resume()
        self.source = source
    }

    func stop() { source.cancel() }

    /// Sets the file's times to now, which every watch of it notices.
    static func touch(_ path: String) {
        _ = utimensat(AT_FDCWD, path, nil, 0)
    }
}
