import Foundation
import Operations
import Testing

struct DescriptorWriterTests {
    @Test func aFullDeviceIsAnError() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let failure = #expect(throws: WriteFailure.self) { try DescriptorWriter(full).write([1]) }
        #expect(failure?.code == ENOSPC && failure?.isOfReader == false)
        #expect(failure?.description == "No space left on device")
        #expect(throws: Never.self) { try DescriptorWriter(full).write([]) }
    }

    @Test func aReaderThatHasGoneIsTold() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let failure = #expect(throws: WriteFailure.self) { try DescriptorWriter(pipe.fileHandleForWriting.fileDescriptor).write([1]) }
        #expect(failure?.isOfReader == true)
    }
}
