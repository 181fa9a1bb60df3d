/// A request's target, split but not decoded.
struct RequestTarget: Sendable {
    let path: String
    /// The path between its slashes; empty ones count, so that an empty stream id is seen.
    let segments: [Substring]
    /// After the `?`; empty where there is none.
    let query: Substring

    init(_ target: String) {
        let withoutFragment = target.prefix { $0 != "#" }
        let end = withoutFragment.utf8.firstIndex(of: UInt8(ascii: "?")) ?? withoutFragment.endIndex
        path = String(withoutFragment[..<end])
        query = withoutFragment[end...].dropFirst()
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        segments = parts.first?.isEmpty == true ? Array(parts.dropFirst()) : parts
    }
}
