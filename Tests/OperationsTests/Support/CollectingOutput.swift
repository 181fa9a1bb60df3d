import Foundation
import Operations
import Synchronization
import Testing

final class CollectingOutput: LogOutput {
    private let collected = Mutex<[[UInt8]]>([])

    func write(_ line: [UInt8]) { collected.withLock { $0.append(line) } }

    var lines: [String] { collected.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }

    /// The lines as a JSON parser reads them.
    func objects() throws -> [[String: Any]] {
        try collected.withLock { $0 }.map { try #require(JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]) }
    }
}
