import Foundation
import HighwaterCLI

/// A run of gzip, an essential package of Debian, on an open file. Members that follow each other are one text, as RFC 1952, 2.2 has it.
final class Gunzip {
    private let name: String
    private let output: OpenFile
    private let process: pid_t
    private var hasEnded = false

    /// - Parameter name: the file in messages.
    /// - Throws: ``Failure`` where gzip cannot be run.
    init(_ file: OpenFile, of name: String) throws {
        self.name = name
        do throws(SystemFault) {
            try file.rewind()
            let pipe = try OpenFile.makePipe()
            output = pipe.reading
            process = try Self.spawn(reading: file, writing: pipe.writing)
        } catch {
            throw Failure("gzip, which \(name) needs, cannot be run: \(error). Install it, or decompress the file first")
        }
    }

    deinit {
        guard !hasEnded else { return }
        kill(process, SIGKILL)
        _ = exitStatus()
    }

    /// The next decompressed bytes, empty at the end.
    ///
    /// - Throws: ``Failure`` where the file ends too early, is damaged, or goes on with something else.
    func bytes(upTo count: Int) throws -> [UInt8] {
        let bytes = try output.bytes(upTo: count)
        guard bytes.isEmpty, !hasEnded else { return bytes }
        hasEnded = true
        switch exitStatus() {
        case 0: return []
        // gzip(1): a warning. The only one about the input is that something stands behind it.
        case 2: throw Failure("\(name) has something behind its gzip data: it is damaged, or two files in one")
        default: throw Failure("\(name) is no whole gzip file: it is cut short or damaged")
        }
    }

    private func exitStatus() -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
    }

    private static func spawn(reading input: OpenFile, writing output: OpenFile) throws(SystemFault) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.descriptor, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.descriptor, STDOUT_FILENO)
        // Its exit status is told in words of our own.
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A child inherits both, and must end when nothing reads its output any more.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("gzip"), strdup("-dc"), nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, "gzip", &actions, &attributes, arguments, environ)
        guard code == 0 else { throw SystemFault(code: code) }
        return process
    }
}
