import Foundation
import Instrumentation
import Logging
import Operations
import Testing

struct JSONLogHandlerTests {
    let output = CollectingOutput()

    func logger(level: Logger.Level = .trace, provider: Logger.MetadataProvider? = nil) -> Logger {
        Logger(label: "commerce") { [output] label in
            JSONLogHandler(label: label, level: level, metadataProvider: provider, output: output) { 1_767_323_045_000_007 }
        }
    }

    @Test func oneObjectALine() {
        logger().info("started", metadata: ["port": "8080"])
        #expect(
            output.lines == [
                #"{"time":"2026-01-02T03:04:05.000007Z","level":"info","logger":"commerce","message":"started","port":"8080"}"# + "\n"
            ])
    }

    @Test func metadataAreFlattenedAndNothingIsThereTwice() throws {
        var logger = logger(provider: Logger.MetadataProvider { ["from": "provider", "kept": "provider"] })
        logger[metadataKey: "from"] = "logger"
        logger[metadataKey: "own"] = "logger"
        logger.warning(
            "m",
            metadata: [
                "own": "event", "message": "not the message",
                "a": ["b": ["c": "deep"], "list": [.string("x"), ["k": "v"], .stringConvertible(3)]],
                "a.b.c": "flat", "empty": [:],
            ])
        let object = try #require(output.objects().first)
        #expect(object["message"] as? String == "m")
        #expect(object["metadata.message"] as? String == "not the message")
        #expect(object["from"] as? String == "provider")
        #expect(object["own"] as? String == "event")
        #expect(Set([object["a.b.c"] as? String, object["a.b.c_"] as? String]) == ["deep", "flat"])
        #expect(object["a.list"] as? NSArray == ["x", ["k": "v"], "3"])
        #expect(object["empty"] as? NSDictionary == [:])
        let line = try #require(output.lines.first)
        #expect(line.components(separatedBy: "\"message\":").count == 2)
    }

    @Test(arguments: [
        "", "\"", "\\", "\n\r\t\u{0}\u{1F}\u{7F}", "\r\n", "ünïcødé 👩‍👩‍👧", "\u{2028}\u{2029}", "</script>",
        String(repeating: "x", count: 100_000),
        String(decoding: [0xFF, 0xC0, 0x80, 0x41] as [UInt8], as: UTF8.self),
    ])
    func anyStringIsValidJSON(text: String) throws {
        logger().error("\(text)", metadata: ["\(text)": "\(text)"])
        let object = try #require(output.objects().first)
        #expect(object["message"] as? String == text)
        #expect(object[text] as? String == text)
        #expect(output.lines.first?.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    }

    @Test func traceIDsOfTheCurrentContext() throws {
        var context = InstrumentationContext.topLevel
        context.traceContext = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        InstrumentationContext.withValue(context) { logger().info("in", metadata: ["trace_id": "forged"]) }
        logger().info("out")
        let objects = try output.objects()
        #expect(objects[0]["trace_id"] as? String == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(objects[0]["span_id"] as? String == "00f067aa0ba902b7")
        #expect(objects[0]["metadata.trace_id"] as? String == "forged")
        #expect(objects[1]["trace_id"] == nil)
    }

    @Test func levelAndError() throws {
        struct Failure: Error {}
        let logger = logger(level: .warning)
        logger.info("not this")
        logger.error("this", error: Failure())
        let objects = try output.objects()
        #expect(objects.count == 1)
        #expect(objects[0]["level"] as? String == "error")
        #expect(objects[0]["error"] as? String == "Failure()")
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_709_251_199_999_999, "2024-02-29T23:59:59.999999Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        ] as [(Int64, String)])
    func times(microseconds: Int64, text: String) throws {
        JSONLogHandler(label: "l", output: output) { microseconds }
            .log(event: LogEvent(level: .info, message: "m", metadata: nil, source: nil, file: "", function: "", line: 0))
        #expect(try output.objects().first?["time"] as? String == text)
    }

    /// Many writers on one pipe, lines longer than what a pipe takes at once: each arrives whole, once.
    @Test func concurrentLinesDoNotMix() async throws {
        let pipe = Pipe()
        // Non-blocking, as another process may leave a shared descriptor: a long line takes several writes with waits between them.
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFL, O_NONBLOCK)
        let reader = PipeReader(pipe.fileHandleForReading)
        let output = BufferedOutput(DescriptorWriter(pipe.fileHandleForWriting.fileDescriptor), capacity: 1 << 30)
        let filler = String(repeating: "y", count: 90_000)
        // Threads: tasks on a machine with one core would take turns line by line.
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    await withCheckedContinuation { done in
                        Thread.detachNewThread {
                            let logger = Logger(label: "l") { JSONLogHandler(label: $0, output: output) }
                            for number in 0..<50 { logger.info("\(writer)/\(number)", metadata: ["filler": "\(filler)"]) }
                            done.resume()
                        }
                    }
                }
            }
        }
        #expect(output.flush(within: .seconds(60)))
        try pipe.fileHandleForWriting.close()
        let lines = await reader.data.split(separator: UInt8(ascii: "\n"))
        let messages = try lines.map { try #require(JSONSerialization.jsonObject(with: Data($0)) as? [String: String])["message"] ?? "" }
        #expect(messages.count == 200)
        #expect(Set(messages).count == 200)
    }
}
