/// Why a text is not a value of its setting. Never quotes the text, since it may hold a secret.
struct InvalidValue: Error {
    let what: String

    init(_ what: String) { self.what = what }
}
