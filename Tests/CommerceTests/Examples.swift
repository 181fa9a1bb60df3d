import CommerceSchemas
import SwiftProtobuf

/// 2010-12-01T08:26:00Z
let someTime = Google_Protobuf_Timestamp(seconds: 1_291_191_960)

extension Line {
    static func line(_ sku: String = "85123A", quantity: Int32 = 6, price: Int64 = 2_550_000) -> Line {
        .with {
            $0.sku = sku
            $0.description_p = "WHITE HANGING HEART T-LIGHT HOLDER"
            $0.quantity = quantity
            $0.unitPriceMicros = price
        }
    }
}

extension PlaceOrder {
    static func example(_ lines: Line..., customer: String? = "17850") -> PlaceOrder {
        .with {
            if let customer { $0.customerID = customer }
            $0.country = "United Kingdom"
            $0.currency = "GBP"
            $0.placedAt = someTime
            $0.lines = lines
        }
    }
}

extension RegisterReturn {
    static func example(_ lines: Line..., customer: String? = "17850") -> RegisterReturn {
        .with {
            if let customer { $0.customerID = customer }
            $0.country = "United Kingdom"
            $0.currency = "GBP"
            $0.registeredAt = someTime
            $0.lines = lines
        }
    }
}

extension OrderPlaced {
    static let example = OrderPlaced.with {
        $0.customerID = "17850"
        $0.country = "United Kingdom"
        $0.currency = "GBP"
        $0.placedAt = someTime
        $0.lines = [.line(), .line("71053", quantity: 2, price: 3_390_001)]
        $0.units = 8
        $0.totalMicros = 22_080_002
    }
}

extension OrderCancelled {
    static func example(reason: String) -> OrderCancelled {
        .with {
            $0.customerID = "17850"
            $0.country = "United Kingdom"
            $0.currency = "GBP"
            $0.placedAt = someTime
            $0.lines = [.line(), .line("71053", quantity: 2, price: 3_390_001)]
            $0.units = 8
            $0.totalMicros = 22_080_002
            $0.reason = reason
        }
    }
}

extension ReturnRegistered {
    static let example = ReturnRegistered.with {
        $0.customerID = "17850"
        $0.country = "United Kingdom"
        $0.currency = "GBP"
        $0.registeredAt = someTime
        $0.lines = [.line(quantity: 1)]
        $0.units = 1
        $0.totalMicros = 2_550_000
    }
}
