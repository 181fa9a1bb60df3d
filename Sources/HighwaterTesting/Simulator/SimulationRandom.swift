/// The simulator's dice: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). The same seed throws the same, on every platform.
struct SimulationRandom {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x632B_E59B_D9B4_E019
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 to `count` - 1; 0 where `count` is 0.
    mutating func below(_ count: Int) -> Int {
        count < 2 ? 0 : Int(truncatingIfNeeded: next() >> 33) % count
    }

    /// True `permille` times in a thousand.
    mutating func chance(_ permille: Int) -> Bool { below(1000) < permille }
}
