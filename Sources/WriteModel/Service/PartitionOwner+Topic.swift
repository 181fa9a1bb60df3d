import EventLog

/// What the topic allows the partition's owner.
extension PartitionOwner {
    /// Stops writing, and refuses every command for the reason given, until ``resume()``.
    func halt(_ why: Reason) {
        halted = why
        step(.halted(why))
        told = why
    }

    /// Writes again where it should.
    func resume() {
        guard halted != nil else { return }
        halted = nil
        told = "the partition has not been claimed yet"
        if isWanted { assign() }
    }

    /// - Parameter bytes: what the log takes in one record; nil where it does not tell.
    func limitRecords(to bytes: Int?) { step(.recordLimit(bytes)) }
}
