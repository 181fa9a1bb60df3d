#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How a process ends.
public enum ProcessEnd: Sendable {
    /// Its work is done.
    case inOrder
    /// Other threads are in the middle of theirs: what is left to be done at exit would be done under them.
    case once
}

/// Ends the process. What was logged is written before, as far as the reader of standard error takes it within a second.
public func endProcess(_ status: Int32, at end: ProcessEnd = .inOrder) -> Never {
    BufferedOutput.standardError.flush(within: .seconds(1))
    switch end {
    case .inOrder: exit(status)
    case .once: _exit(status)
    }
}
