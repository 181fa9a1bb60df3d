/// `order-summary` as the contract has it, folded from events as `commerce events` prints them: independent of the projection's code.
struct OrderFold {
    private(set) var rows: [String: JSON] = [:]

    init(_ events: [JSON]) {
        for event in events { add(event) }
    }

    private mutating func add(_ event: JSON) {
        guard let id = event["stream"].text?.split(separator: "/").last.map(String.init), let type = event["type"].text else { return }
        let data = event["data"]
        switch type {
        case "order.placed.v1":
            // Protobuf's JSON leaves out what is zero.
            let units = data["units"].text.flatMap { Double($0) } ?? 0
            rows[id] = .object([
                "orderId": .string(id), "customerId": data["customerId"], "country": data["country"], "currency": data["currency"],
                "status": .string("placed"), "placedAt": data["placedAt"], "lines": .number(Double(data["lines"].elements.count)),
                "units": .number(units), "totalMicros": data["totalMicros"] == .null ? .string("0") : data["totalMicros"],
            ])
        case "order.confirmed.v1": set(id, "confirmed")
        case "order.cancelled.v1": set(id, "cancelled")
        default: break
        }
    }

    private mutating func set(_ id: String, _ status: String) {
        guard case .object(var row)? = rows[id] else { return }
        row["status"] = .string(status)
        rows[id] = .object(row)
    }
}
