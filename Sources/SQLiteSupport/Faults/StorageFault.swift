import Foundation
package import GRDB

/// Why a database's storage does not work. SQLite often says only that it does not: "disk I/O error", "unable to open database file". What
/// it leaves open is found out by the system's error number, or by a trial in the file's folder.
package enum StorageFault: Error, Hashable, Sendable, CustomStringConvertible {
    case full
    case readOnly
    case notPermitted
    /// The process has as many files open as it may have.
    case noDescriptors
    case noFolder
    case failing

    /// What is wrong and what to do, behind a colon.
    package var description: String {
        switch self {
        case .full: "the disk is full; free space"
        case .readOnly: "the disk is mounted read-only; mount it for writing"
        case .notPermitted: "file and folder must be readable and writable; check their permissions"
        case .noDescriptors: "this process has no file descriptor left; raise the limit (ulimit -n)"
        case .noFolder: "its folder is not there; make it, or mount its disk"
        case .failing: "the path cannot be used as a file, or the disk fails; check both"
        }
    }

    /// Nil for an error that is not the storage's.
    ///
    /// - Parameters:
    ///   - path: of the database. Where nothing else tells the cause, a file is made beside it, and removed.
    ///   - systemError: the connection's `sqlite3_system_errno`, where it is known; else 0.
    package init?(_ error: DatabaseError, path: String, systemError: Int32 = 0) {
        switch error.resultCode {
        case .SQLITE_FULL: self = .full
        case .SQLITE_IOERR, .SQLITE_CANTOPEN:
            self = Self(systemError: systemError) ?? Self(findingAt: path) ?? .failing
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self = Self(systemError: systemError) ?? Self(findingAt: path) ?? .notPermitted
        default: return nil
        }
    }

    /// Nil for a number that says nothing of the cause.
    package init?(systemError: Int32) {
        switch systemError {
        case ENOSPC, EDQUOT, EFBIG: self = .full
        case EROFS: self = .readOnly
        case EACCES, EPERM: self = .notPermitted
        case EMFILE, ENFILE: self = .noDescriptors
        case ENOENT: self = .noFolder
        case EIO, ENOTDIR, EISDIR: self = .failing
        default: return nil
        }
    }

    /// Tries what SQLite does: to make a file in the folder and write into it, and to use the file that is there.
    private init?(findingAt path: String) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if Self.areDescriptorsShort {
            self = .noDescriptors
        } else if let fault = Self(systemError: Self.trial(in: folder)) {
            self = fault
        } else if access(path, R_OK | W_OK) != 0, errno != ENOENT, let fault = Self(systemError: errno) {
            self = fault
        } else {
            return nil
        }
    }

    /// Whether fewer are left than SQLite takes to open a database: one for the file, one for its write-ahead log, one for their shared memory.
    private static var areDescriptorsShort: Bool {
        var taken: [Int32] = []
        defer { for descriptor in taken { close(descriptor) } }
        for _ in 0..<4 {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return errno == EMFILE || errno == ENFILE }
            taken.append(descriptor)
        }
        return false
    }

    /// The error number of the first step that fails; 0 where none does.
    private static func trial(in folder: String) -> Int32 {
        let path = "\(folder)/.highwater-trial-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return errno }
        defer {
            unlink(path)
            close(descriptor)
        }
        // As much as the index of a write-ahead log begins with, and some.
        let bytes = [UInt8](repeating: 0, count: 64 << 10)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { return errno == 0 ? ENOSPC : errno }
        return 0
    }
}
