import Foundation
import ReadModel
import Synchronization

/// Schemas that were read, by their stored form.
final class SchemaCache: Sendable {
    private let known = Mutex<[String: TableSchema]>([:])

    func schema(_ json: String) throws(ReadModelError) -> TableSchema {
        if let schema = known.withLock({ $0[json] }) { return schema }
        do {
            let schema = try JSONDecoder().decode(TableSchema.self, from: Data(json.utf8))
            known.withLock { $0[json] = schema }
            return schema
        } catch {
            throw ReadModelError(.incompatibleLayout, "a generation's schema cannot be read: use the newer program", underlying: error)
        }
    }
}
