// Whole numbers in the binary form of `numeric` (`numeric_send` and `numeric_recv` in the server's numeric.c): how many digits follow, the
// first digit's power, the sign, the decimals to show, and the digits to the base 10,000, the largest power first. Zeros at the end may be
// missing.

private let base: UInt64 = 10_000
private let negative: UInt16 = 0x4000

extension BinaryBuffer {
    mutating func append(numeric number: Int128) {
        let count = Self.digitCount(number.magnitude)
        append(Int16(count))
        append(Int16(max(0, count - 1)))
        append(number < 0 ? negative : 0)
        append(0 as Int16)
        var (power, rest) = (count - 1, number.magnitude)
        // From the largest digit on, without an array of them: this is done for each figure of a bulk load.
        while power >= 0 {
            let unit = Self.powers[power]
            let digit: UInt16
            if rest <= UInt128(UInt64.max), unit <= UInt128(UInt64.max) {
                digit = UInt16(UInt64(rest) / UInt64(unit))
                rest = UInt128(UInt64(rest) % UInt64(unit))
            } else {
                digit = UInt16(rest / unit)
                rest %= unit
            }
            append(digit)
            power -= 1
        }
    }

    mutating func appendField(numeric number: Int128) {
        append(Int32(8 + 2 * Self.digitCount(number.magnitude)))
        append(numeric: number)
    }

    private static let powers: [UInt128] = (0..<10).map { (0..<$0).reduce(1) { power, _ in power * UInt128(base) } }

    private static func digitCount(_ magnitude: UInt128) -> Int {
        var count = 0
        while count < powers.count, magnitude >= powers[count] { count += 1 }
        return count
    }
}

extension ResultSet {
    /// A `numeric` that is a whole number of up to 128 bits; nil for any other.
    func wholeNumber(_ row: Int, _ column: Int) -> Int128? {
        withBytes(row, column) { bytes in
            func word(_ index: Int) -> UInt16 { UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)) }
            guard bytes.count >= 8 else { return nil }
            let (count, weight, sign) = (Int(word(0)), Int(Int16(bitPattern: word(1))), word(2))
            // Beyond it there would be digits after the point; other signs are infinities and no numbers.
            guard bytes.count == 8 + 2 * count, count <= weight + 1 || count == 0, sign == 0 || sign == negative else { return nil }
            guard count > 0 else { return 0 }
            // Below zero there is one number more.
            var negated: Int128 = 0
            for index in 0...weight {
                let digit = index < count ? Int128(word(4 + index)) : 0
                let (scaled, isTooLarge) = negated.multipliedReportingOverflow(by: Int128(base))
                let (sum, isOver) = scaled.subtractingReportingOverflow(digit)
                guard !isTooLarge, !isOver else { return nil }
                negated = sum
            }
            if sign == negative { return negated }
            return negated == .min ? nil : -negated
        }
    }
}
