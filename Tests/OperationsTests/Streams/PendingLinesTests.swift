import Testing

@testable import Operations

struct PendingLinesTests {
    /// Forty bytes of room.
    private final class Lines {
        var pending = PendingLines(capacity: 40) { Array("(\($0) missing)\n".utf8) }

        func add(_ line: String) -> Bool { pending.add(Array("\(line)\n".utf8)) }
        func take(upTo limit: Int) -> PendingLines.Chunk? { pending.take(upTo: limit) }
        func text(upTo limit: Int) -> String? { take(upTo: limit).map { String(decoding: $0.bytes, as: UTF8.self) } }

        /// All that waits.
        var rest: String {
            var rest = ""
            while let next = text(upTo: 1000) { rest += next }
            return rest
        }
    }

    private let lines = Lines()

    @Test func takesWholeLinesInOrder() {
        for word in ["one", "two", "three"] { #expect(lines.add(word)) }
        #expect(lines.text(upTo: 10) == "one\ntwo\n")
        #expect(lines.text(upTo: 1) == "three\n")
        #expect(lines.text(upTo: 10) == nil)
        #expect(lines.pending.dropped == 0)
    }

    @Test func whatDoesNotFitIsOneGapThatIsToldInItsPlace() {
        for _ in 0..<4 { #expect(lines.add("123456789")) }
        for _ in 0..<3 { #expect(!lines.add("late")) }
        // One place is free, and half of the room is not.
        #expect(lines.text(upTo: 10) == "123456789\n")
        #expect(!lines.add("still late"))
        #expect(lines.text(upTo: 20) == "123456789\n123456789\n")
        #expect(lines.add("back"))
        #expect(lines.rest == "123456789\n(4 missing)\nback\n")
        #expect(lines.pending.dropped == 4)
        #expect(lines.pending.isEmpty)
    }

    @Test func aGapIsToldWhereNothingFollows() {
        #expect(!lines.add(String(repeating: "x", count: 40)))
        #expect(!lines.pending.isEmpty)
        #expect(lines.rest == "(1 missing)\n")
        #expect(lines.pending.isEmpty)
    }

    /// A full disk, say: nothing is written again and again, and what is missing is told once something is written.
    @Test func whatCannotBeWrittenIsToldLater() throws {
        #expect(lines.add("one"))
        #expect(lines.add("two"))
        lines.pending.lose(try #require(lines.take(upTo: 100)))
        #expect(lines.pending.isEmpty)
        #expect(lines.text(upTo: 100) == nil)
        #expect(lines.add("three"))
        lines.pending.lose(try #require(lines.take(upTo: 100)))
        #expect(lines.pending.isEmpty)
        #expect(lines.add("four"))
        #expect(lines.rest == "(3 missing)\nfour\n")
        #expect(lines.pending.dropped == 3)
    }

    @Test func aQueueThatIsNeverEmptyKeepsItsOrder() {
        for number in 0..<10_000 {
            #expect(lines.add("\(number)"))
            if number > 2 { #expect(lines.text(upTo: 1) == "\(number - 3)\n") }
        }
        #expect(lines.rest == "9997\n9998\n9999\n")
    }
}
