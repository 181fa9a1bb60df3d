import Foundation
import HighwaterCLI

/// The bytes of a load, opened once and read as often as needed: a regular file in its place, a pipe, device or standard input in a copy.
///
/// The bytes are the same in every pass. A regular file that another process writes to meanwhile ends the load with a ``Failure``.
final class InputFile: Sendable {
    /// Means standard input, as a path.
    static let standardInput = "-"
    /// How much of a copied input is looked at before the rest is copied.
    static let headLength = 1 << 16

    /// The file as messages name it.
    let name: String
    let isGzip: Bool
    private let file: OpenFile
    /// As the file was opened; nil for a copy, which no other process reaches.
    private let fingerprint: Fingerprint?

    /// - Parameter accepts: throws where the first bytes of an input that has to be copied show that the rest is not worth copying. It
    ///   does not see gzipped bytes.
    /// - Throws: ``Failure`` where the file cannot be read, or is a folder, or where there is no room for the copy.
    init(path: String, accepts: (_ head: [UInt8], _ name: String) throws -> Void = { _, _ in }) throws {
        name = path == Self.standardInput ? "standard input" : "'\(path)'"
        do {
            let opened =
                path == Self.standardInput ? try OpenFile(duplicating: STDIN_FILENO) : try OpenFile(path, O_RDONLY)
            let status = try opened.status()
            guard !status.isFolder else { throw Failure("\(name) is a folder: name a file in it") }
            if status.isRegular && path != Self.standardInput {
                file = opened
                fingerprint = Fingerprint(status)
                isGzip = Self.isGzip(try opened.bytes(upTo: 2, at: 0))
            } else {
                let head = try opened.bytes(filling: Self.headLength)
                isGzip = Self.isGzip(head)
                if !isGzip { try accepts(head, name) }
                file = try Spool.copy(head, then: opened, of: name)
                fingerprint = nil
            }
        } catch let fault as SystemFault {
            throw Failure("\(name) cannot be read: \(fault)")
        }
        guard isGzip || !path.hasSuffix(".gz") || (try? file.bytes(upTo: 1, at: 0).isEmpty) == true else {
            throw Failure("\(name) is no gzip file, though its name says so: name it .csv where it is plain text")
        }
    }

    /// RFC 1952, 2.3.1: the first two bytes.
    private static func isGzip(_ head: [UInt8]) -> Bool { head.starts(with: [0x1F, 0x8B]) }

    /// The bytes from the first on, decompressed.
    func chunks() throws -> Chunks {
        try checkUnchanged()
        return Chunks(self, try isGzip ? .compressed(Gunzip(file, of: name)) : .plain(file, offset: 0))
    }

    /// - Throws: ``Failure`` where another process has written to the file since it was opened.
    func checkUnchanged() throws {
        guard let fingerprint else { return }
        do {
            guard Fingerprint(try file.status()) == fingerprint else { throw changed }
        } catch let fault as SystemFault {
            throw Failure("\(name) cannot be read: \(fault)")
        }
    }

    var changed: Failure {
        Failure("\(name) was written to while it was read: load a copy, or load it when nothing writes to it any more")
    }

    /// What differs after a write.
    private struct Fingerprint: Equatable {
        let size: Int64
        let seconds: Int
        let nanoseconds: Int

        init(_ status: stat) {
            #if canImport(Darwin)
            let modified = status.st_mtimespec
            #else
            let modified = status.st_mtim
            #endif
            size = Int64(status.st_size)
            seconds = Int(modified.tv_sec)
            nanoseconds = Int(modified.tv_nsec)
        }
    }
}

extension OpenFile {
    /// The next bytes, fewer only at the end.
    func bytes(filling count: Int) throws(SystemFault) -> [UInt8] {
        var filled: [UInt8] = []
        while filled.count < count {
            let more = try bytes(upTo: count - filled.count)
            guard !more.isEmpty else { break }
            filled += more
        }
        return filled
    }
}
