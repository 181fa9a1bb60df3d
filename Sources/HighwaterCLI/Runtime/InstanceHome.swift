import Foundation
import Logging

/// The place in which an instance runs, under a name that outlives its process: kept in a file of the state folder, which the process holds a
/// lock on for as long as it lives.
///
/// A process that finds the name of one that was killed knows that the other has ended. No two living processes have the same name: the second
/// finds the lock taken and has none. A copy of the folder is another place, since the name holds only for the file and the host for which it
/// was made; so is an empty folder.
final class InstanceHome: Sendable {
    let name: String
    private let descriptor: Int32

    private static let kind = "highwater-home 1"

    /// Nil where another process lives in the folder, or it cannot be written.
    init?(folder: String, logger: Logger) {
        let path = folder + "/home"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            do {
                guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                    logger.notice("another process uses the state folder", metadata: ["folder": "\(folder)"])
                    close(descriptor)
                    return nil
                }
                name = try Self.name(in: descriptor)
                self.descriptor = descriptor
            } catch {
                close(descriptor)
                throw error
            }
        } catch {
            logger.notice(
                "the state folder keeps no name for this instance; after a kill it waits for the group",
                metadata: ["file": "\(path)", "reason": "\(error)"])
            return nil
        }
    }

    deinit { close(descriptor) }

    /// The name in the file, or a new one put there.
    private static func name(in descriptor: Int32) throws -> String {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let place = ["host \(ProcessInfo.processInfo.hostName)", "file \(status.st_ino)"]
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        let lines = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "\n").map(String.init)
        if lines.count == 4, lines[0] == kind, Array(lines[1...2]) == place, lines[3].hasPrefix("name "), lines[3].count > 5 {
            return String(lines[3].dropFirst(5))
        }
        let name = String(UInt64.random(in: .min ... .max), radix: 16)
        let text = Array(([kind] + place + ["name \(name)"]).map { $0 + "\n" }.joined().utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count, fsync(descriptor) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        return name
    }
}
