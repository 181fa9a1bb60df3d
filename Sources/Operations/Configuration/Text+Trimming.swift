extension StringProtocol where SubSequence == Substring {
    /// Without blanks and line ends at both ends.
    func trimmed() -> Substring {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
