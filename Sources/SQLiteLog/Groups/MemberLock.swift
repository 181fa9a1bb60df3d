import Foundation
import SQLiteSupport

/// A member's number in a group, as a lock on a byte of its own: members of all processes see which numbers are taken, and the kernel gives
/// a number back when its process ends, whatever ends it. A process that stands still keeps its own.
///
/// The locks are on the write-ahead log's file, far behind its content. SQLite locks nothing there, and a file that is not at its place any
/// more is a displaced log anyway. They belong to the open file and not to the process (`F_OFD_SETLK`, fcntl(2)): a child that is forked and
/// executes another program does not inherit them, and other descriptors may be closed.
final class MemberLock: Sendable {
    private let descriptor: Int32
    /// The bytes of the group's members, in order of their numbers.
    private let bytes: Range<Int64>
    private let byte: Int64

    /// Takes the number after the highest that is taken.
    ///
    /// - Throws: ``StorageFault`` or ``Displacement``; nil where the system has no such locks.
    init?(group: String, path: String) throws {
        #if os(Linux)
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw Displacement(.missing, path) }
            throw StorageFault(systemError: errno) ?? .failing
        }
        bytes = Self.bytes(of: group)
        var next = bytes.lowerBound
        while true {
            while let taken = Self.taken(next..<bytes.upperBound, descriptor) { next = taken + 1 }
            guard next < bytes.upperBound else {
                close(descriptor)
                throw StorageFault.failing
            }
            if Self.take(next, descriptor) { break }
            // Another member was faster.
            guard errno == EAGAIN || errno == EACCES || errno == EINTR else {
                close(descriptor)
                return nil
            }
        }
        byte = next
        #else
        return nil
        #endif
    }

    deinit { close(descriptor) }

    /// Whether a member that came later is still there.
    var hasNewer: Bool { Self.taken(byte + 1..<bytes.upperBound, descriptor) != nil }
    /// Whether a member that came before is still there.
    var hasOlder: Bool { Self.taken(bytes.lowerBound..<byte, descriptor) != nil }

    /// 2^32 bytes a group, behind 2^62.
    private static func bytes(of group: String) -> Range<Int64> {
        // FNV-1a: the same in every process. Two groups of one place would share their members, and so leave one idle.
        let hash = group.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let start = 1 << 62 + Int64(hash % (1 << 29)) << 32
        return start..<start + 1 << 32
    }

    #if os(Linux)
    // `F_OFD_GETLK` and `F_OFD_SETLK` of <fcntl.h>, which shows them to GNU sources only.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private static func take(_ byte: Int64, _ descriptor: Int32) -> Bool {
        var lock = lock(byte..<byte + 1)
        return fcntl(descriptor, setLock, &lock) == 0
    }

    /// A byte of the range that another open file has locked.
    private static func taken(_ range: Range<Int64>, _ descriptor: Int32) -> Int64? {
        guard !range.isEmpty else { return nil }
        var lock = lock(range)
        guard fcntl(descriptor, getLock, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
        return Int64(lock.l_start)
    }

    private static func lock(_ range: Range<Int64>) -> flock {
        flock(
            l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: off_t(range.lowerBound), l_len: off_t(range.count), l_pid: 0)
    }
    #else
    private static func taken(_ range: Range<Int64>, _ descriptor: Int32) -> Int64? { nil }
    #endif
}
