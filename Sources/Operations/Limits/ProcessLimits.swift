#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How much of the system the process may have.
public struct ProcessLimits: Hashable, Sendable {
    /// File descriptors that may be open at a time.
    public let descriptors: Int
    /// Threads that the process may run, and what sets that limit; nil where nothing does.
    public let threads: ThreadLimit?

    public init(descriptors: Int, threads: ThreadLimit? = nil) {
        self.descriptors = descriptors
        self.threads = threads
    }

    /// Descriptors that are asked for where the hard limit allows any number; Linux's `fs.nr_open`.
    private static let enough: rlim_t = 1 << 20

    /// Raises the soft limits of descriptors and threads to the hard ones, as every program may that does not use select(2), and tells the
    /// limits that hold then.
    public static func raise() -> ProcessLimits {
        let threads = ResourceLimit.threads.raised(to: enough)
        return ProcessLimits(
            descriptors: Int(ResourceLimit.descriptors.raised(to: enough)),
            threads: .lowest(userLimit: threads < enough ? Int(threads) : nil))
    }
}

/// A limit of getrlimit(2).
struct ResourceLimit {
    #if canImport(Glibc)
    static let descriptors = ResourceLimit(number: __rlimit_resource_t(RLIMIT_NOFILE.rawValue))
    static let threads = ResourceLimit(number: __rlimit_resource_t(__RLIMIT_NPROC.rawValue))
    private let number: __rlimit_resource_t
    #else
    static let descriptors = ResourceLimit(number: RLIMIT_NOFILE)
    static let threads = ResourceLimit(number: RLIMIT_NPROC)
    private let number: Int32
    #endif

    /// The soft limit; nil where the system does not tell.
    var current: rlim_t? {
        var limit = rlimit()
        return getrlimit(number, &limit) == 0 ? limit.rlim_cur : nil
    }

    /// Raises the soft limit to the hard one where it is below `enough`, and tells it, `enough` at the most.
    func raised(to enough: rlim_t) -> rlim_t {
        var limit = rlimit()
        guard getrlimit(number, &limit) == 0 else { return enough }
        let before = limit.rlim_cur
        limit.rlim_cur = max(before, min(limit.rlim_max, enough))
        return min(enough, setrlimit(number, &limit) == 0 ? limit.rlim_cur : before)
    }
}
