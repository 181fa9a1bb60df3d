import Foundation

/// An open file, closed with its last reference. A call that a signal interrupts is made again.
final class OpenFile: Sendable {
    let descriptor: Int32

    init(_ path: String, _ flags: Int32) throws(SystemFault) {
        descriptor = Int32(try Self.retrying { Int(open(path, flags | O_CLOEXEC, 0o644)) })
    }

    /// A second descriptor of a file that stays the caller's.
    init(duplicating other: Int32) throws(SystemFault) {
        descriptor = Int32(try Self.retrying { Int(fcntl(other, F_DUPFD_CLOEXEC, 3)) })
    }

    /// A new file without a name in `folder`; its bytes go with its last reference.
    init(unnamedIn folder: String) throws(SystemFault) {
        var template = Array((folder + "/highwater-load-XXXXXX").utf8CString)
        descriptor = Int32(try Self.retrying { Int(mkstemp(&template)) })
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    private init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    static func makePipe() throws(SystemFault) -> (reading: OpenFile, writing: OpenFile) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemFault() }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (OpenFile(owning: ends[0]), OpenFile(owning: ends[1]))
    }

    func status() throws(SystemFault) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemFault() }
        return status
    }

    /// The next bytes, empty at the end; those from `offset` on, where it is given, whatever was read before.
    func bytes(upTo count: Int, at offset: Int64? = nil) throws(SystemFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let length = try Self.retrying {
            if let offset { pread(descriptor, &bytes, count, off_t(offset)) } else { read(descriptor, &bytes, count) }
        }
        bytes.removeLast(count - length)
        return bytes
    }

    func append(_ bytes: [UInt8]) throws(SystemFault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = try Self.retrying { rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } }
            rest = rest.dropFirst(length)
        }
    }

    /// Goes back to the beginning, for a child that reads by this descriptor.
    func rewind() throws(SystemFault) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw SystemFault() }
    }

    private static func retrying(_ call: () -> Int) throws(SystemFault) -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard errno == EINTR else { throw SystemFault() }
        }
    }
}

extension stat {
    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
    var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }

    /// Whether both are of one file, whatever names it has.
    func isSameFile(as other: stat) -> Bool { st_dev == other.st_dev && st_ino == other.st_ino }
}
