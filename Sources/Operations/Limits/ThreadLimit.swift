import FoundationEssentials

/// The lowest of the limits on a process's threads.
public struct ThreadLimit: Hashable, Sendable {
    public let count: Int
    /// The limit's name, for the operator: "pids.max of the control group".
    public let source: String

    public init(_ count: Int, source: String) {
        self.count = count
        self.source = source
    }

    /// The lower of the user's limit (RLIMIT_NPROC) and of those of the control groups, the threads of other processes taken off the latter.
    ///
    /// - Parameters:
    ///   - userLimit: nil for none. The kernel heeds it for everybody but the first namespace's root and `CAP_SYS_RESOURCE` and `CAP_SYS_ADMIN`
    ///     there. It is shared by all processes of the user, of which only the limit itself is known.
    ///   - root: where `/proc` and `/sys` are.
    static func lowest(userLimit: Int?, root: String = "") -> ThreadLimit? {
        var limits: [ThreadLimit] = []
        if let userLimit, !isExempt(root) { limits.append(ThreadLimit(userLimit, source: "RLIMIT_NPROC (ulimit -u)")) }
        let own = status("Threads", root).flatMap { Int($0) } ?? 1
        for folder in controlGroups(root) {
            guard let most = Int(text("\(folder)/pids.max")), let now = Int(text("\(folder)/pids.current")) else { continue }
            limits.append(ThreadLimit(most - max(0, now - own), source: "pids.max of the control group"))
        }
        return limits.min { $0.count < $1.count }
    }

    /// The folders of the process's control groups that count processes, from its own to the topmost (cgroups(7)).
    private static func controlGroups(_ root: String) -> [String] {
        var folders: [String] = []
        for line in text("\(root)/proc/self/cgroup").split(separator: "\n") {
            // hierarchy:controllers:path; version 2 has the hierarchy 0 and names no controllers.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("pids") else { continue }
            let hierarchy = "\(root)/sys/fs/cgroup" + (parts[1].isEmpty ? "" : "/pids")
            var path = parts[2].split(separator: "/")
            while true {
                folders.append(([hierarchy[...]] + path).joined(separator: "/"))
                if path.popLast() == nil { break }
            }
        }
        return folders
    }

    private static func isExempt(_ root: String) -> Bool {
        // In a user namespace of its own, neither user nor capabilities count.
        guard text("\(root)/proc/self/uid_map").split(whereSeparator: \.isWhitespace) == ["0", "0", "4294967295"] else { return false }
        if status("Uid", root)?.split(whereSeparator: \.isWhitespace).first == "0" { return true }
        let capabilities = status("CapEff", root).flatMap { UInt64($0, radix: 16) } ?? 0
        return capabilities & (1 << 24 | 1 << 21) != 0
    }

    private static func status(_ field: String, _ root: String) -> String? {
        let line = text("\(root)/proc/self/status").split(separator: "\n").first { $0.hasPrefix("\(field):") }
        return line.map { String(String($0.dropFirst(field.count + 1)).trimmed()) }
    }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(String(decoding: $0, as: UTF8.self).trimmed()) } ?? ""
    }
}
