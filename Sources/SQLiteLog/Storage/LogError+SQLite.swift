import EventLog
import SQLiteSupport

extension LogError {
    /// What a failed access to the file means.
    init(_ fault: SQLiteFault, _ action: String, underlying: any Error) {
        switch fault {
        case .storage(let fault): self.init(.storage, "\(action): \(fault)", underlying: underlying)
        case .displaced(let displacement):
            self.init(.displaced, "\(action): \(displacement); nothing is acknowledged. \(Self.remedy(for: displacement.kind))")
        case .busy: self.init(.timedOut, "\(action): another process holds the file's lock", underlying: underlying)
        case .damaged, .notADatabase:
            self.init(.corrupt, "\(action): the file is damaged; restore it from a copy", underlying: underlying)
        case .interrupted, .other: self.init(.unavailable, action, underlying: underlying)
        }
    }

    private static func remedy(for kind: Displacement.Kind) -> String {
        switch kind {
        case .missing: "Move it back, and this process goes on; or stop this process, restore the log, and start it again"
        case .replaced:
            "Stop this process; see that no '-wal' and '-shm' of the former log are beside the new one; start it again, to go on with that"
        case .overwritten:
            "Stop this process, remove the '-wal' and '-shm' beside the file, restore the log, and start it again"
        }
    }
}
