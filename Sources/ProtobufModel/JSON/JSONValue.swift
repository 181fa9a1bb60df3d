import EventModel

/// A value within a JSON text that ``JSONScanner`` has found well formed.
struct JSONValue {
    enum Kind {
        case object, array, string, number, literal
    }

    let kind: Kind
    /// As it stands in the body.
    let text: Bytes

    /// The members of an object, in order; none for anything else.
    var members: [JSONMember] {
        guard kind == .object else { return [] }
        var members: [JSONMember] = []
        var scanner = JSONScanner(text)
        var items = JSONScanner.Items(closedBy: "}")
        while (try? scanner.next(&items)) == true, let member = try? scanner.member() { members.append(member) }
        return members
    }

    /// The elements of an array, in order; none for anything else.
    var elements: [JSONValue] {
        guard kind == .array else { return [] }
        var elements: [JSONValue] = []
        var scanner = JSONScanner(text)
        var items = JSONScanner.Items(closedBy: "]")
        while (try? scanner.next(&items)) == true, let element = try? scanner.value() { elements.append(element) }
        return elements
    }
}

/// A member of an object within a well-formed JSON text.
struct JSONMember {
    /// With its quotes.
    let rawName: Bytes
    /// Name, colon and value.
    let text: Bytes
    let value: JSONValue

    var name: String { rawName.shownName }
}
