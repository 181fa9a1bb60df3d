import Foundation
import GRDB
import ReadModel

/// By what a file is told from its copies: a random word in it, beside the place that the word was made for.
///
/// A copy carries the word along and stands in another place, so the first program that opens it to write gives it a word of its own. All who
/// open one file find the same, since it is made in one transaction. A fresh word where the old one would have done is harmless: positions are
/// in the file, and a group's offsets serve lag tools only.
enum SQLiteIdentity {
    /// The host's name and the file's number on its device.
    private struct Place: Equatable {
        let host: String
        let device: Int64
        let file: Int64

        init(path: String) throws {
            var status = stat()
            guard stat(path, &status) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            host = ProcessInfo.processInfo.hostName
            device = Int64(truncatingIfNeeded: status.st_dev)
            file = Int64(truncatingIfNeeded: status.st_ino)
        }

        init(_ row: Row) {
            (host, device, file) = (row["host"], row["device"], row["file"])
        }
    }

    /// The file's word, made where there is none for the place that it stands in. Within a transaction that may write.
    static func settle(_ db: Database, path: String) throws -> String {
        let place = try Place(path: path)
        if let word = try word(db, for: place) { return word }
        let word = String(UInt64.random(in: .min ... .max), radix: 36)
        try db.execute(sql: "DELETE FROM highwater_identity")
        try db.execute(
            sql: "INSERT INTO highwater_identity (value, host, device, file) VALUES (?, ?, ?, ?)",
            arguments: [word, place.host, place.device, place.file])
        return word
    }

    /// The file's word; nil where it has none for the place that it stands in.
    static func find(_ db: Database, path: String) throws -> String? { try word(db, for: Place(path: path)) }

    private static func word(_ db: Database, for place: Place) throws -> String? {
        guard let row = try Row.fetchOne(db, sql: "SELECT value, host, device, file FROM highwater_identity"), Place(row) == place else {
            return nil
        }
        return row["value"]
    }
}
