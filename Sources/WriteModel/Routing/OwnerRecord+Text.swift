import EventLog
import EventModel

/// The records' form: lines of text, readable in every tool for topics. The first line names the kind and its version, each other one a field
/// and its value, separated by a space; controls and `%` are percent-encoded. Unknown fields are passed over; another version is unreadable.
///
/// ```
/// highwater-owner 1                 highwater-instance 1
/// partition ordering/7              instance commerce-3f2a
/// epoch 1763704800000               url http://10.0.0.7:8080
/// instance commerce-3f2a            home 5be1c0de       (where it has one)
/// url http://10.0.0.7:8080
/// home 5be1c0de                     (where it has one)
/// successor commerce-91bc           (where it wants to leave)
/// withdrawn yes                     (where it has left)
/// ```
extension OwnerRecord {
    private static let ownershipKind = "highwater-owner 1"
    private static let presenceKind = "highwater-instance 1"

    var encoded: LogRecord { LogRecord(key: Bytes(key.utf8), value: Bytes(text.utf8)) }

    private var text: String {
        switch self {
        case .ownership(let ownership):
            let announcement = ownership.announcement
            var fields = [
                ("partition", "\(announcement.partition)"), ("epoch", "\(announcement.epoch)"), ("instance", announcement.instance),
                ("url", announcement.url),
            ]
            if let home = announcement.home { fields.append(("home", home)) }
            if let successor = ownership.successor { fields.append(("successor", successor)) }
            if ownership.isWithdrawn { fields.append(("withdrawn", "yes")) }
            return Self.text(Self.ownershipKind, fields)
        case .presence(let instance, let url, let home):
            return Self.text(Self.presenceKind, [("instance", instance), ("url", url)] + (home.map { [("home", $0)] } ?? []))
        case .absence:
            return ""
        }
    }

    private static func text(_ kind: String, _ fields: [(name: String, value: String)]) -> String {
        ([kind] + fields.map { "\($0.name) \(escaped($0.value))" }).joined(separator: "\n") + "\n"
    }

    /// Nil where it cannot be read.
    init?(_ record: LogEntry) {
        let key = String(decoding: record.key, as: UTF8.self)
        guard !record.value.isEmpty else {
            guard key.hasPrefix(Self.instancePrefix) else { return nil }
            self = .absence(instance: String(key.dropFirst(Self.instancePrefix.count)))
            return
        }
        let lines = String(decoding: record.value, as: UTF8.self).split(separator: "\n")
        var fields: [Substring: String] = [:]
        for line in lines.dropFirst() {
            guard let space = line.firstIndex(of: " "), let value = Self.unescaped(line[line.index(after: space)...]) else { return nil }
            fields[line[..<space]] = value
        }
        guard let instance = fields["instance"], let url = fields["url"] else { return nil }
        switch lines.first.map(String.init) {
        case Self.ownershipKind:
            guard let partition = fields["partition"].flatMap(Self.partition), let epoch = fields["epoch"].flatMap(Int64.init), epoch > 0
            else {
                return nil
            }
            self = .ownership(
                Ownership(
                    announcement: OwnerAnnouncement(
                        partition: partition, epoch: Epoch(epoch), instance: instance, url: url, home: fields["home"]),
                    successor: fields["successor"], isWithdrawn: fields["withdrawn"] != nil))
        case Self.presenceKind:
            self = .presence(instance: instance, url: url, home: fields["home"])
        default:
            return nil
        }
        guard self.key == key else { return nil }
    }

    private static func partition(_ text: String) -> TopicPartition? {
        guard let slash = text.lastIndex(of: "/"), let number = Int32(text[text.index(after: slash)...]), number >= 0 else { return nil }
        return TopicPartition(Topic(String(text[..<slash])), Partition(number))
    }

    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "%") {
                bytes.append(contentsOf: [UInt8(ascii: "%")] + digits(byte))
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digits(_ byte: UInt8) -> [UInt8] {
        let text = String(byte, radix: 16)
        return Array((text.utf8.count == 1 ? "0" + text : text).utf8)
    }

    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let decoded = UInt8(Substring(rest.prefix(2)), radix: 16) else { return nil }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
