/// One setting: its name, what it means, and how its text becomes a value.
struct SettingKey<Value: Sendable>: Sendable {
    /// Without the prefix: `READ_MODEL`.
    let name: String
    /// The form of the value, as the table and the messages show it.
    let type: String
    let defaultText: String
    let meaning: String
    let parse: @Sendable (String) throws(InvalidValue) -> Value

    var variable: String { "HIGHWATER_\(name)" }
}

extension SettingKey where Value == Int {
    static func integer(_ name: String, _ range: ClosedRange<Int>, default value: Int, _ meaning: String) -> SettingKey<Int> {
        SettingKey(
            name: name, type: "integer from \(range.lowerBound) to \(range.upperBound)", defaultText: "\(value)", meaning: meaning
        ) { text throws(InvalidValue) in
            guard let number = Int(text) else { throw InvalidValue("it is not an integer") }
            guard range.contains(number) else { throw InvalidValue("it is out of range") }
            return number
        }
    }
}
