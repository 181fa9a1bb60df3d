import Foundation
import HighwaterCLI

/// The copy of an input that can be read once only, in a file without a name, which goes with the process.
enum Spool {
    /// The most that is copied, in bytes.
    static let limit = 8 << 30

    /// Copies `head` and what follows it.
    ///
    /// - Throws: ``Failure`` where the input cannot be read, is larger than the limit, or finds no room in the temporary folder.
    static func copy(_ head: [UInt8], then rest: OpenFile, of name: String, limit: Int = limit) throws -> OpenFile {
        let folder = FileManager.default.temporaryDirectory.path
        func failure(_ fault: SystemFault) -> Failure {
            Failure(
                "\(name) can be read once only, and is kept in a temporary file in '\(folder)' meanwhile, which cannot be written: "
                    + "\(fault). Set TMPDIR to a folder with room, or load a file")
        }
        let copy: OpenFile
        do { copy = try OpenFile(unnamedIn: folder) } catch { throw failure(error) }
        var size = 0
        var bytes = head
        while !bytes.isEmpty {
            size += bytes.count
            guard size <= limit else { throw Failure("\(name) has more than \(limit >> 30) GiB: write it to a file, and load that") }
            do { try copy.append(bytes) } catch { throw failure(error) }
            do {
                bytes = try rest.bytes(upTo: 1 << 20)
            } catch {
                throw Failure("\(name) cannot be read: \(error)")
            }
        }
        return copy
    }
}
