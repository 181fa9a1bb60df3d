import Foundation
import Testing

@testable import Operations

struct ThreadLimitTests {
    /// Files of `/proc` and `/sys` below a folder of their own.
    private final class System {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("limits-\(UUID().uuidString)").path

        init(_ files: [String: String]) throws {
            for (path, text) in files {
                let url = URL(fileURLWithPath: root + path)
                try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data((text + "\n").utf8).write(to: url)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }
    }

    private static let ordinary = "Name:\tcommerce\nUid:\t1000\t1000\t1000\t1000\nThreads:\t20\nCapEff:\t0000000000000000"
    private static let root = "Name:\tcommerce\nUid:\t0\t0\t0\t0\nThreads:\t20\nCapEff:\t00000000a80425fb"
    private static let wholeMap = "         0          0 4294967295"

    @Test func theLowestOfTheControlGroupsCounts() throws {
        let system = try System([
            "/proc/self/cgroup": "0::/pod/container", "/proc/self/status": Self.ordinary,
            "/sys/fs/cgroup/pod/container/pids.max": "max", "/sys/fs/cgroup/pod/container/pids.current": "20",
            "/sys/fs/cgroup/pod/pids.max": "500", "/sys/fs/cgroup/pod/pids.current": "120",
        ])
        // A hundred of them are of others.
        #expect(ThreadLimit.lowest(userLimit: nil, root: system.root) == ThreadLimit(400, source: "pids.max of the control group"))
        #expect(ThreadLimit.lowest(userLimit: 300, root: system.root)?.count == 300)
    }

    @Test func theFirstVersionOfControlGroupsCountsToo() throws {
        let system = try System([
            "/proc/self/cgroup": "12:cpu,cpuacct:/x\n7:pids:/docker/1", "/proc/self/status": Self.ordinary,
            "/sys/fs/cgroup/pids/docker/1/pids.max": "64", "/sys/fs/cgroup/pids/docker/1/pids.current": "20",
        ])
        #expect(ThreadLimit.lowest(userLimit: nil, root: system.root)?.count == 64)
    }

    @Test(
        arguments: [
            (root, wholeMap, nil), (root, "0 100000 65536", 1024), (ordinary, wholeMap, 1024),
            (ordinary.replacing("0000000000000000", with: "0000000001000000"), wholeMap, nil),
        ] as [(String, String, Int?)])
    func theUsersLimitHoldsForAllButTheSystemsRoot(_ status: String, _ map: String, _ expected: Int?) throws {
        let system = try System(["/proc/self/status": status, "/proc/self/uid_map": map])
        #expect(ThreadLimit.lowest(userLimit: 1024, root: system.root)?.count == expected)
        #expect(ThreadLimit.lowest(userLimit: nil, root: system.root) == nil)
    }
}
