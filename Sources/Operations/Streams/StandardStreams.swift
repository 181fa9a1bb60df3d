#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The process's standard input, output and error.
public enum StandardStreams {
    /// Makes writing to a reader that has gone an error, which would else end the process, and makes closed streams stay unusable.
    ///
    /// A file that is opened while a standard stream is closed takes its number: what is written as a result or a log line would then go
    /// into a database. A closed stream becomes `/dev/null` the wrong way round, so that its use fails with `EBADF`, as POSIX has it.
    public static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            // The lowest number that is free is this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
