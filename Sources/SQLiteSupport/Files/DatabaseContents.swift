import GRDB

/// Notices that something else than SQLite has written an open database: a copy over the file, a truncation.
///
/// The last frame of the write-ahead log must be in its file as the log's index tells. The database's file is written by checkpoints
/// alone, which leave their mark in the index; a header that was changed without one, or one that is older than before, is not SQLite's.
struct DatabaseContents {
    private var status: FileStatus?
    private var header: DatabaseHeader?
    private var checkpoint: WriteAheadIndex.Checkpoint?

    init(_ db: Database, path: String) {
        checkpoint = WriteAheadIndex(db)?.checkpoint
        status = FileStatus(path: path)
        header = DatabaseHeader(db)
    }

    func isLogOverwritten(_ db: Database) -> Bool {
        guard let file = OpenFile.writeAheadLog(db) else { return false }
        // Another connection may begin the log anew between the two looks; then the index has changed as well.
        for _ in 0..<3 {
            guard let index = WriteAheadIndex(db), let isInFile = index.isInFile(file), !isInFile else { return false }
            if let again = WriteAheadIndex(db), again == index { return true }
        }
        return false
    }

    mutating func isDatabaseOverwritten(_ db: Database, path: String) -> Bool {
        // The index is looked at before and after: a checkpoint of another connection may begin or end meanwhile. The earlier look is kept,
        // so that what is written after this status was taken is known to be the checkpoint's.
        let before = WriteAheadIndex(db)
        let now = FileStatus(path: path)
        guard now != status else {
            if before?.checkpoint.isUnderWay == false { checkpoint = before?.checkpoint }
            return false
        }
        guard let found = DatabaseHeader(db) else { return false }
        let after = WriteAheadIndex(db)
        if let header {
            let isByCheckpoint = [before, after].contains { $0 == nil || $0?.checkpoint != checkpoint || $0?.checkpoint.isUnderWay == true }
            guard isByCheckpoint ? found.follows(header) : found == header && now?.size == status?.size else { return true }
            // A checkpoint does not excuse what was written over the file behind it.
            if before == after, let size = after?.copiedSize, size != now?.size { return true }
        }
        (status, header, checkpoint) = (now, found, before?.checkpoint)
        return false
    }
}

/// A database file's first bytes (https://sqlite.org/fileformat2.html, section 1.3).
private struct DatabaseHeader: Equatable {
    private let bytes: [UInt8]

    /// Nil where the file cannot be read.
    init?(_ db: Database) {
        guard let bytes = OpenFile.database(db)?.read(100, at: 0) else { return nil }
        self.bytes = bytes
    }

    /// Whether a file with the other header may have come to this one: the file change counter never goes back, and an application that has
    /// signed its file does not sign it anew.
    func follows(_ other: DatabaseHeader) -> Bool {
        bytes[0..<18] == other.bytes[0..<18] && changeCounter >= other.changeCounter
            && (other.applicationID == 0 || applicationID == other.applicationID)
    }

    private var changeCounter: UInt32 { number(at: 24) }
    private var applicationID: UInt32 { number(at: 68) }

    private func number(at offset: Int) -> UInt32 { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
}
