/// Which partition a key belongs to: `murmur2(key) mod partitions`, as Kafka's Java client does by default, so that every Kafka client
/// agrees (org.apache.kafka.common.utils.Utils.murmur2).
public enum Partitioner {
    public static func partition(forKey key: some Collection<UInt8>, count: Int) -> Partition {
        Partition(Int32(murmur2(key) & 0x7FFF_FFFF) % Int32(count))
    }

    static func murmur2(_ key: some Collection<UInt8>) -> UInt32 {
        key.withContiguousStorageIfAvailable(hash) ?? Array(key).withUnsafeBufferPointer(hash)
    }

    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let m: UInt32 = 0x5bd1_e995
        var h: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.count)
        let whole = bytes.count & ~3
        for i in stride(from: 0, to: whole, by: 4) {
            var k = UInt32(bytes[i]) | UInt32(bytes[i + 1]) << 8 | UInt32(bytes[i + 2]) << 16 | UInt32(bytes[i + 3]) << 24
            k = k &* m
            k ^= k >> 24
            h = (h &* m) ^ (k &* m)
        }
        let rest = bytes.count - whole
        if rest > 2 { h ^= UInt32(bytes[whole + 2]) << 16 }
        if rest > 1 { h ^= UInt32(bytes[whole + 1]) << 8 }
        if rest > 0 { h = (h ^ UInt32(bytes[whole])) &* m }
        h = (h ^ (h >> 13)) &* m
        return h ^ (h >> 15)
    }
}
