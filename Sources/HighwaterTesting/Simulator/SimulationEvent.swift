/// Something that a schedule may or may not exercise. A run of many schedules in which one of them never happens proves nothing about it.
public enum SimulationEvent: Int, CaseIterable, Sendable {
    // What the world did.
    case commandSent, commandRepeated, idReused, expired, hostCrashed, hostPaused, staleAssignment
    case recordDropped, reportLost, recordLate, recordStoredTwice, storageFailed
    /// The log refused a record that was sent alone, or several that were sent together, for their size; or one that it had stored before.
    case logRefusedSize, logRefusedBatch, refusedThoughStored
    /// A record of an abandoned producer landed.
    case zombieLanded
    /// And counted.
    case zombieValid
    case voidRecord, readFailed, readOvershot, staleRead, loadFailed, foldFailed, saveFailed

    // What the writers did.
    case claimed, owned, deposed, gaveUp, recovered, backedOff, verified, voidPassed
    case loaded, reloaded, lookedUp, foldedForeign, saved
    /// A commit was acknowledged by its own client's attempt.
    case committed
    /// It was while its writer was recovering.
    case committedByRecovery
    /// It was while its writer was reading what lay between.
    case committedByVerifying
    case replayedInFlight, replayedFromLog
    case refused, conflict, unchanged, idReuseRefused
    /// An answer without a commit came only when the commits it rests on had landed.
    case answerHeld
    /// It came when the log's end had shown that the writer was still the owner.
    case answerConfirmed
    /// The log's end showed records that no report would tell of.
    case confirmationRead
    /// And those were another's.
    case deposedByConfirming
    case confirmationFailed
    case tooLarge, overloaded, notOwner, unavailable, unknown
    /// A command that had been answered unknown got its definite answer later.
    case unknownSettled
}
