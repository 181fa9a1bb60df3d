import HTTPTypes

extension HTTPField.Name {
    static let idempotencyKey = Self("Idempotency-Key")!
    static let correlationID = Self("X-Correlation-ID")!
    static let highwaterPosition = Self("Highwater-Position")!
    static let prefer = Self("Prefer")!
    static let preferenceApplied = Self("Preference-Applied")!
}
