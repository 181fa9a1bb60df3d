/// A fault that ends a command with status 1 and a message for people.
public struct Failure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// A command that has finished and found something: drift, rejected rows, parked events.
public let findingsExitStatus: Int32 = 2
