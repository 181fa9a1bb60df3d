/// How long a piece of work on a connection may take.
enum TimeLimit: Sendable {
    /// All of it, until its answer.
    case whole(Duration)
    /// From one word of the server's to the next: for bulk loads and the making of indexes, which take as long as there are rows.
    case silence(Duration)

    /// For small steps: batches, positions, generations, a page of rows.
    static let step = TimeLimit.whole(.seconds(30))
    /// An index over 100 million rows takes some minutes without a word.
    static let long = TimeLimit.silence(.seconds(1800))

    var duration: Duration {
        switch self {
        case .whole(let duration), .silence(let duration): duration
        }
    }
}
