import Foundation

/// A small disk in memory, unmounted with this object. Needs the right to mount.
final class TemporaryDisk {
    struct MountFailure: Error {}

    static let isPossible = (try? TemporaryDisk(kilobytes: 16)) != nil

    let path: String

    /// - Parameter files: how many it can hold, its root included.
    init(kilobytes: Int, files: Int = 1000) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k,nr_inodes=\(files)") == 0 else {
            try? FileManager.default.removeItem(atPath: path)
            throw MountFailure()
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Leaves so much room on it.
    func fill(leaving kilobytes: Int = 0) throws {
        let descriptor = open(path + "/fill", O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let bytes = [UInt8](repeating: 1, count: 4096)
        while write(descriptor, bytes, bytes.count) > 0 {}
        guard errno == ENOSPC, ftruncate(descriptor, lseek(descriptor, 0, SEEK_END) - off_t(kilobytes << 10)) == 0 else {
            throw MountFailure()
        }
    }

    func remount(_ option: String) throws {
        guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT) | (option == "ro" ? UInt(MS_RDONLY) : 0), nil) == 0 else {
            throw MountFailure()
        }
    }
}
