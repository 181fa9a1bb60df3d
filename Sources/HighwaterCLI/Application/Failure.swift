/// A fault that ends a command with a message for people.
public struct Failure: Error, CustomStringConvertible {
    public let description: String
    /// 1 unless the configuration is to blame.
    public let exitStatus: Int32

    public init(_ description: String, exitStatus: Int32 = 1) {
        self.description = description
        self.exitStatus = exitStatus
    }
}

/// A command that has finished and found something: drift, rejected rows, parked events.
public let findingsExitStatus: Int32 = 2
