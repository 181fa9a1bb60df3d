import CommerceSchemas

/// What the lines of an order or a return amount to. Exact: a sum that does not fit is refused, never rounded or wrapped.
struct LineTotals {
    private(set) var units: Int64 = 0
    /// Millionths of the currency unit.
    private(set) var micros: Int64 = 0

    /// - Throws: `linesMissing`, or what is wrong with the first line that has something wrong.
    init(of lines: [Line]) throws(OrderingRefusal) {
        if lines.isEmpty { throw .linesMissing }
        for line in lines {
            if line.quantity <= 0 { throw .quantityNotPositive }
            if line.unitPriceMicros < 0 { throw .priceNegative }
            let (amount, overflow) = line.unitPriceMicros.multipliedReportingOverflow(by: Int64(line.quantity))
            if overflow { throw .amountTooLarge }
            try Self.add(amount, to: &micros)
            try Self.add(Int64(line.quantity), to: &units)
        }
    }

    private static func add(_ amount: Int64, to sum: inout Int64) throws(OrderingRefusal) {
        let (total, overflow) = sum.addingReportingOverflow(amount)
        if overflow { throw .amountTooLarge }
        sum = total
    }
}
