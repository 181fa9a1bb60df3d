import Foundation

/// A system call's failure, told in the system's words.
struct SystemFault: Error, Equatable, CustomStringConvertible {
    /// The call's `errno`.
    let code: Int32

    init(code: Int32 = errno) { self.code = code }

    /// `no space left on device`
    var description: String {
        let text = String(cString: strerror(code))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
