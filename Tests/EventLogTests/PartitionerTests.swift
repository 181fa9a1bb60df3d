@testable import EventLog
import Testing

@Suite struct PartitionerTests {
    /// org.apache.kafka.common.utils.UtilsTest.testMurmur2, and the empty key.
    @Test(arguments: [
        ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829), ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107), ("", 275_646_681),
    ])
    func hashesAsTheJavaClientDoes(_ key: String, _ hash: Int) {
        #expect(Partitioner.murmur2(Array(key.utf8)) == UInt32(bitPattern: Int32(hash)))
        // A collection without contiguous storage takes the other way in.
        #expect(Partitioner.murmur2(Array(key.utf8.reversed()).reversed()) == UInt32(bitPattern: Int32(hash)))
    }

    @Test func slicesHashAsWhatTheyHold() {
        let whole = Array("xxfoobarxx".utf8)
        #expect(Partitioner.murmur2(whole[2..<8]) == Partitioner.murmur2(Array("foobar".utf8)))
    }

    /// Java: `toPositive(murmur2(key)) % numPartitions`.
    @Test(arguments: ["21", "foobar", "abc", "order/536365", ""], [1, 2, 7, 8, 100])
    func choosesAsTheJavaClientDoes(_ key: String, _ count: Int) {
        let positive = Int(Partitioner.murmur2(Array(key.utf8)) & 0x7FFF_FFFF)
        #expect(Partitioner.partition(forKey: Array(key.utf8), count: count) == Partition(Int32(positive % count)))
    }
}
