import Foundation

/// A small disk in memory, mounted at a folder and unmounted with this object. Needs the right to mount.
final class SmallDisk: Sendable {
    struct MountFailure: Error {}

    static let isPossible: Bool = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        return (try? SmallDisk(path, kilobytes: 16)) != nil
    }()

    private let path: String

    init(_ path: String, kilobytes: Int) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else { throw MountFailure() }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

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

    func free() { unlink(path + "/fill") }
}
