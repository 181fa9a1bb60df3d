import Foundation
import Testing

@testable import Operations

struct BufferedOutputTests {
    private static func line(_ number: Int) -> [UInt8] { Array("\(number) \(String(repeating: "x", count: 90))\n".utf8) }

    @Test func aReaderThatStallsCostsLinesAndNoTime() async throws {
        let pipe = Pipe()
        let output = BufferedOutput(DescriptorWriter(pipe.fileHandleForWriting.fileDescriptor), capacity: 10_000) {
            Array("\($0) missing\n".utf8)
        }
        // Far more than the pipe and the buffer hold together. Nobody reads: had one call to wait for that, it would wait for ever.
        let count = 20_000
        for number in 0..<count { output.write(Self.line(number)) }
        #expect(output.droppedLines > count / 2)
        #expect(!output.flush(within: .milliseconds(1)))

        let reader = PipeReader(pipe.fileHandleForReading)
        #expect(output.flush(within: .seconds(60)))
        output.write(Self.line(count))
        #expect(output.flush(within: .seconds(60)))
        try pipe.fileHandleForWriting.close()
        let lines = await reader.lines
        // Those that were written are whole and in order, and together with the missing ones they are all.
        let told = lines.compactMap { $0.hasSuffix(" missing") ? Int($0.dropLast(" missing".count)) : nil }.reduce(0, +)
        let numbers = lines.filter { !$0.hasSuffix(" missing") }.compactMap { Int($0.prefix { $0 != " " }) }
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        #expect(numbers.last == count)
        #expect(told == output.droppedLines)
        #expect(numbers.count + told == count + 1)
    }

    @Test func flushedLinesAreWritten() async throws {
        let pipe = Pipe()
        let output = BufferedOutput(DescriptorWriter(pipe.fileHandleForWriting.fileDescriptor))
        #expect(output.flush(within: .zero), "nothing has been written yet")
        for number in 0..<50 { output.write(Self.line(number)) }
        #expect(output.flush(within: .seconds(60)))
        try pipe.fileHandleForWriting.close()
        #expect(await PipeReader(pipe.fileHandleForReading).lines.count == 50)
        #expect(output.droppedLines == 0)
    }

    @Test func whatCannotBeWrittenIsCounted() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let output = BufferedOutput(DescriptorWriter(full))
        for number in 0..<50 { output.write(Self.line(number)) }
        #expect(output.flush(within: .seconds(60)))
        #expect(output.droppedLines == 50)
    }

    @Test func theNoticeIsALogLine() throws {
        let line = try #require(JSONSerialization.jsonObject(with: Data(BufferedOutput.notice(12))) as? [String: String])
        #expect(line["level"] == "warning" && line["lines"] == "12" && line["message"]?.contains("missing") == true)
    }
}
