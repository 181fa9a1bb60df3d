import GRDB

/// What a database's connections tell each other of its write-ahead log: the head of the wal-index
/// (https://sqlite.org/walformat.html, section 2.1; the numbers are in the machine's byte order).
struct WriteAheadIndex: Equatable {
    /// How far the log was copied into the database. It changes with every copying.
    struct Checkpoint: Equatable {
        let salt: [UInt8]
        /// Frames copied.
        let done: UInt32
        /// Frames whose copying has begun.
        let begun: UInt32

        var isUnderWay: Bool { begun > done }
    }

    /// Frames in the log, those of unfinished transactions left out.
    let frames: UInt32
    let pageSize: Int64
    /// The database's size in pages, after the last transaction; 0 where the log has had none.
    let databasePages: UInt32
    /// The last frame's salt and checksum, as the frame itself has them.
    let salt: [UInt8]
    let checksum: [UInt8]
    let checkpoint: Checkpoint

    private static let version: UInt32 = 3_007_000

    /// Nil where it is of another format, or another connection is changing it.
    init?(_ db: Database) {
        guard let bytes = OpenFile.database(db)?.sharedMemory(136), bytes[0..<48] == bytes[48..<96] else { return nil }
        func number(_ offset: Int) -> UInt32 { bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) } }
        guard number(0) == Self.version, bytes[12] != 0 else { return nil }
        let size = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 14, as: UInt16.self) }
        pageSize = size == 1 ? 65536 : Int64(size)
        frames = number(16)
        databasePages = number(20)
        checksum = [number(24), number(28)].flatMap { withUnsafeBytes(of: $0.bigEndian, Array.init) }
        salt = Array(bytes[32..<40])
        checkpoint = Checkpoint(salt: salt, done: number(96), begun: number(128))
    }

    /// The size of the database's file, where all of the log has been copied into it.
    var copiedSize: Int64? {
        guard databasePages > 0, !checkpoint.isUnderWay, frames == 0 || checkpoint.done == frames else { return nil }
        return Int64(databasePages) * pageSize
    }

    /// Whether the log's last frame is in its file as the index has it; nil where the file cannot be read.
    func isInFile(_ file: OpenFile) -> Bool? {
        guard frames > 0 else { return true }
        // Header of the log, frames before; each is a header of 24 bytes and a page.
        guard let header = file.read(24, at: 32 + Int64(frames - 1) * (24 + pageSize)) else { return nil }
        return Array(header[8..<16]) == salt && Array(header[16..<24]) == checksum
    }
}
