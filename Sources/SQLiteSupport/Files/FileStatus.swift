import Foundation

/// Tells a file from every other one on the machine, whatever the files are called.
package struct FileIdentity: Hashable, Sendable {
    fileprivate let device: UInt64
    fileprivate let number: UInt64
}

/// What the system tells of a file: which one it is, and when it was written.
package struct FileStatus: Equatable, Sendable {
    package let identity: FileIdentity
    /// In bytes.
    package let size: Int64
    /// When its content was changed, as seconds and nanoseconds since 1970.
    private let modified: [Int]

    /// Follows symbolic links. Nil, with `errno`, where the path names no file.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Nil, with `errno`, where the descriptor is not open.
    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        identity = FileIdentity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
        size = Int64(status.st_size)
        #if os(Linux)
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        #else
        modified = [status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec]
        #endif
    }
}
