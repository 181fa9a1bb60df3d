import Foundation

/// Folders of databases.
package enum Folder {
    /// Makes the folder and those above it, as far as they are missing. Others may make them at the same time.
    ///
    /// - Throws: ``StorageFault``.
    package static func make(_ path: String) throws(StorageFault) {
        guard mkdir(path, 0o755) != 0 else { return }
        switch errno {
        case EEXIST:
            guard isFolder(path) else { throw .failing }
        case ENOENT:
            let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
            guard parent != path else { throw .noFolder }
            try make(parent)
            guard mkdir(path, 0o755) == 0 || errno == EEXIST && isFolder(path) else { throw fault() }
        default:
            // A read-only file system says so also of a folder that is there.
            guard isFolder(path) else { throw fault() }
        }
    }

    private static func fault() -> StorageFault { StorageFault(systemError: errno) ?? .failing }

    private static func isFolder(_ path: String) -> Bool {
        let reason = errno
        defer { errno = reason }
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
