/// Categories, commands or views that cannot be served together.
public struct InvalidRegistration: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
