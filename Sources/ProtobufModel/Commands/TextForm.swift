/// A form that a text must have beyond its length.
public struct TextForm: Sendable {
    /// A regular expression for JSON Schema (ECMA-262), anchored. It must say what ``matches`` does, and match no NUL character, which no
    /// command's text may hold.
    let pattern: String
    /// For people: `three letters A to Z`.
    let description: String
    let matches: @Sendable (String) -> Bool

    public init(pattern: String, description: String, matches: @escaping @Sendable (String) -> Bool) {
        self.pattern = pattern
        self.description = description
        self.matches = matches
    }
}
