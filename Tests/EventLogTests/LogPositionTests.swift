import EventLog
import Testing

@Suite struct LogPositionTests {
    @Test(arguments: ["ordering/7@12345", "ordering/0@0", "a/b/7@1", "a@b/7@1", "ordering/2147483647@9223372036854775807"])
    func readsWhatItWrites(_ text: String) throws {
        let position = try #require(LogPosition(text))
        #expect(position.description == text)
    }

    @Test func readsItsParts() throws {
        let position = try #require(LogPosition("ordering/7@12345"))
        #expect(position == LogPosition(TopicPartition("ordering", Partition(7)), Offset(12345)))
    }

    @Test(arguments: [
        "", "/", "@", "/@", "ordering", "ordering/7", "ordering@7", "ordering/@1", "ordering/7@", "/7@1", "ordering/x@1", "ordering/7@x",
        "ordering/-1@1", "ordering/7@-1", "ordering/+7@1", "ordering/7@+1", "ordering/7@ 1", "ordering/7 @1", "ordering/2147483648@1",
        "ordering/7@9223372036854775808", "ordering/7@1.0", "ordering/٧@1",
    ])
    func refusesTheRest(_ text: String) { #expect(LogPosition(text) == nil) }
}
