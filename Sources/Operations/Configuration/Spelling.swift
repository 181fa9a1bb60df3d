/// Guesses what a misspelt name was meant to be.
enum Spelling {
    /// The candidate that is a few letters away from `name`; or `name` with its beginning mended where that is a few letters away from
    /// `prefix`; nil where nothing is near.
    static func nearest(to name: String, among candidates: [String], prefix: String) -> String? {
        let start = String(name.prefix(prefix.count))
        if name.count > prefix.count, start != prefix, distance(start, prefix) <= 2 { return prefix + name.dropFirst(prefix.count) }
        let nearest = candidates.map { ($0, distance(name, $0)) }.min { $0.1 < $1.1 }
        if let nearest, nearest.1 <= max(1, min(3, nearest.0.count / 3)) { return nearest.0 }
        return candidates.first { !name.isEmpty && ($0.hasPrefix(name + "_") || name.hasPrefix($0 + "_")) }
    }

    /// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a` (Damerau-Levenshtein, optimal string alignment).
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8), b = Array(b.utf8)
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
