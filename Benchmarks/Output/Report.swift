import Foundation

/// Figures by name, printed as one JSON object.
struct Report {
    private var figures: [String: Any] = [:]

    subscript(_ name: String) -> Any? {
        get { figures[name] }
        set { figures[name] = newValue }
    }

    func write() throws {
        var all = figures
        all["peakResidentBytes"] = Self.peakResidentBytes
        let data = try JSONSerialization.data(withJSONObject: all, options: [.sortedKeys, .withoutEscapingSlashes])
        FileHandle.standardOutput.write(data + Data("\n".utf8))
    }

    /// The most memory that this process has had; 0 where the system does not tell.
    private static var peakResidentBytes: Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return kibibytes * 1024
    }
}

/// How long something took.
struct Stopwatch {
    private let started = ContinuousClock.now

    var seconds: Double { (ContinuousClock.now - started) / .seconds(1) }
}
