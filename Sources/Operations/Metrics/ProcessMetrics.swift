import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension MetricsRegistry {
    /// Adds Prometheus's standard process metrics, read from `/proc` at each scrape: `process_resident_memory_bytes`,
    /// `process_cpu_seconds_total`, `process_open_fds`, `process_max_fds`, `process_start_time_seconds`. Does nothing on systems without `/proc`.
    public func addProcessMetrics() {
        #if os(Linux)
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))
        addCollector("process_resident_memory_bytes", help: "Resident memory size in bytes.") {
            guard let pages = ProcFile.words("/proc/self/statm").dropFirst().first.flatMap(Double.init) else { return [] }
            return [MetricSample([], pages * pageSize)]
        }
        addCollector("process_cpu_seconds_total", help: "Total user and system CPU time spent in seconds.", kind: .counter) {
            guard let user = ProcFile.stat(14), let system = ProcFile.stat(15) else { return [] }
            return [MetricSample([], (user + system) / ticks)]
        }
        addCollector("process_open_fds", help: "Number of open file descriptors.") {
            // Without the descriptor that reads the folder.
            guard let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count else { return [] }
            return [MetricSample([], Double(open - 1))]
        }
        addCollector("process_max_fds", help: "Maximum number of open file descriptors.") {
            ResourceLimit.descriptors.current.map { [MetricSample([], Double($0))] } ?? []
        }
        addCollector("process_start_time_seconds", help: "Start time of the process since unix epoch in seconds.") {
            guard let boot = ProcFile.bootTime(), let start = ProcFile.stat(22) else { return [] }
            return [MetricSample([], boot + start / ticks)]
        }
        #endif
    }
}

/// Files of `/proc`, proc(5).
private enum ProcFile {
    static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    static func words(_ path: String) -> [String] { text(path).split(whereSeparator: \.isWhitespace).map(String.init) }

    /// A field of `/proc/self/stat` by proc(5)'s number, 3 or above.
    static func stat(_ number: Int) -> Double? {
        let text = text("/proc/self/stat")
        // The second field is the program's name in parentheses and may hold anything, parentheses too.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
    }

    /// Seconds since 1970.
    static func bootTime() -> Double? {
        let line = text("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) }
    }
}
