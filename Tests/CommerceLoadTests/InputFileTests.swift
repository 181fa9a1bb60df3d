import Foundation
import HighwaterCLI
import Testing

@testable import CommerceLoad

@Suite struct InputFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A pipe by name, which another thread fills with the bytes once.
    private func pipe(of bytes: [UInt8], _ name: String = "pipe") -> String {
        let path = folder.path + "/" + name
        #expect(mkfifo(path, 0o600) == 0)
        Thread.detachNewThread {
            signal(SIGPIPE, SIG_IGN)
            let writing = open(path, O_WRONLY)
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(writing, $0.baseAddress, min($0.count, 5000)) }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            close(writing)
        }
        return path
    }

    /// More than a pipe or a chunk holds.
    private let text = header + (0..<5000).map { line(String(100_000 + $0 % 2500), sku: "S\($0)") }.joined()

    @Test(.timeLimit(.minutes(2))) func readsAPipeOnceAndAllOfIt() async throws {
        let plain = try await FileContent(folder.write(text))
        #expect(plain.invoices.count == 2500)
        let piped = try await FileContent(pipe(of: Array(text.utf8)))
        #expect(piped.commands.map(\.body) == plain.commands.map(\.body))
        let compressed = try await FileContent(pipe(of: folder.bytes(folder.gzip(folder.write(text))), "pipe.gz"))
        #expect(compressed.commands.map(\.body) == plain.commands.map(\.body))
        // By its content, since a pipe's name says nothing.
        let unnamed = try await FileContent(pipe(of: folder.bytes(folder.path + "/orders.csv.gz"), "other"))
        #expect(unnamed.numbers == plain.numbers)
    }

    @Test(.timeLimit(.minutes(2))) func copiesNoPipeThatIsNoOnlineRetailFile() throws {
        let failure = #expect(throws: Failure.self) {
            try InvoiceFile(path: pipe(of: Array(String(repeating: "y\n", count: 1_000_000).utf8)))
        }
        #expect(failure?.description.contains("header") == true)
        #expect(throws: Failure.self) { try InvoiceFile(path: pipe(of: [], "empty")) }
    }

    @Test func copiesNoMoreThanItsLimit() throws {
        let rest = try OpenFile(folder.write(text), O_RDONLY)
        #expect(throws: Failure.self) { try Spool.copy([1, 2, 3], then: rest, of: "it", limit: 1000) }
        let whole = try Spool.copy([1, 2, 3], then: OpenFile(folder.path + "/orders.csv", O_RDONLY), of: "it", limit: 1 << 20)
        #expect(try whole.bytes(upTo: 1 << 20, at: 0) == [1, 2, 3] + Array(text.utf8))
        // Nothing of it is to be seen.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["orders.csv"])
    }

    @Test func noticesAFileThatChangesBetweenThePasses() async throws {
        let path = folder.path + "/orders.csv"
        let changes: [(FileHandle) throws -> Void] = [
            { file in
                try file.seekToEnd()
                try file.write(contentsOf: Data(line("100009").utf8))
            },
            { try $0.truncate(atOffset: 200) },
            { try $0.truncate(atOffset: 0) },
            { file in
                // As long as before, at another time.
                try file.write(contentsOf: Data("InvoiceNo".utf8))
                try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)], ofItemAtPath: path)
            },
        ]
        for change in changes {
            let file = try InvoiceFile(path: folder.write(text))
            let handle = try #require(FileHandle(forUpdatingAtPath: path))
            try change(handle)
            try handle.close()
            let failure = await #expect(throws: Failure.self) {
                try await file.read { _, _ in
                } accepted: { _ in
                }
            }
            #expect(failure?.description.contains("was written to while it was read") == true)
        }
    }

    @Test func noticesAFileThatChangesWhileItIsSent() async throws {
        let path = try folder.write(text)
        let file = try InvoiceFile(path: path)
        var sent = 0
        await #expect(throws: Failure.self) {
            try await file.read { _, _ in
            } accepted: { _ in
                sent += 1
                let handle = try #require(FileHandle(forUpdatingAtPath: path))
                try handle.truncate(atOffset: 1 << 17)
                try handle.close()
            }
        }
        #expect(sent < 2500)
    }

    /// A file that another one replaces is loaded as it was opened.
    @Test func readsOnInAFileThatIsReplaced() async throws {
        let path = try folder.write(header + line("100001"))
        let file = try InvoiceFile(path: path)
        try FileManager.default.moveItem(atPath: try folder.write(header + line("100002"), to: "other.csv"), toPath: path + ".new")
        #expect(rename(path + ".new", path) == 0)
        var numbers: [String] = []
        try await file.read { _, _ in
        } accepted: {
            try numbers.append(#require(try $0.command()).invoice)
        }
        #expect(numbers == ["100001"])
    }

    @Test func saysOnOneLineWhatCannotBeRead() throws {
        for (path, words) in [
            (folder.path, "is a folder"), ("/dev/zero", "header has no end"), (folder.path + "/absent.csv", "no such file or directory"),
            (try folder.write("", to: "empty.csv"), "is empty"), (try folder.write("", to: "empty.csv.gz"), "is empty"),
            (try folder.write("\n\n", to: "blank.csv"), "is empty"), (try folder.write(header, to: "plain.csv.gz"), "is no gzip file"),
            (try folder.write("sep=;\n", to: "sep.csv"), "no line but"),
        ] {
            let failure = #expect(throws: Failure.self) { try InvoiceFile(path: path) }
            #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
            #expect(failure?.description.contains("\n") == false)
            #expect(failure?.description.contains("NSCocoa") == false)
        }
    }

    @Test func readsGzipMembersThatFollowEachOther() async throws {
        let first = try folder.bytes(folder.gzip(folder.write(header + line("100001"), to: "a.csv")))
        let second = try folder.bytes(folder.gzip(folder.write(line("100002"), to: "b.csv")))
        #expect(try await FileContent(folder.write(first + second, to: "both.csv.gz")).numbers == ["100001", "100002"])
        let failure = #expect(throws: Failure.self) { try InvoiceFile(path: folder.write(first + Array("junk".utf8), to: "junk.csv.gz")) }
        #expect(failure?.description.contains("behind its gzip data") == true)
        // And where the name does not say it.
        #expect(try await FileContent(folder.write(first, to: "orders.csv")).numbers == ["100001"])
    }

    @Test(.timeLimit(.minutes(2))) func aCallerThatIsCancelledDoesNotWaitForAPipe() async throws {
        let path = folder.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        let reading = Task { try await BlockingCall.run { try InvoiceFile(path: path) } }
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        // Lets the thread go.
        close(open(path, O_RDWR))
    }
}
