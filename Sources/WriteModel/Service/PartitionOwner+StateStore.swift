import EventLog
import EventModel
import Logging

/// The state store's side of the machine's actions: looking up, folding what others wrote, saving.
extension PartitionOwner {
    var openStore: any StateStore {
        get throws {
            guard let store else { throw LogError(.unavailable, "\(partition) has not been assigned to this instance") }
            return store
        }
    }

    /// The store's position; the beginning, having emptied it, where the log does not hold that position.
    func position(of store: any StateStore) async throws -> ChainPosition {
        let position = try await store.position()
        guard position != .beginning else { return position }
        do {
            let reader = try await ChainReader(log, partition, after: position)
            do {
                _ = try await reader.next(maximumBytes: 1)
                await reader.close()
                return position
            } catch {
                await reader.close()
                throw error
            }
        } catch let error as LogError where error.code == .truncated {
            logger.warning("the state store is not of this log; it is rebuilt from offset zero", metadata: ["reason": "\(error)"])
            try await store.reset()
            return .beginning
        }
    }

    func load(_ lookup: PartitionWriter.LookupID) {
        if let store, !store.mayHold(lookup.stream) {
            newStreams.append(lookup)
            return
        }
        loads.append(lookup)
        guard loads.count == 1 else { return }
        spawn { await $0.loadWaiting() }
    }

    /// Loads in one read what has come together since the last.
    func loadWaiting() async {
        while !loads.isEmpty {
            let lookups = loads
            do {
                let found = try await openStore.streams(lookups.map(\.stream))
                loads.removeFirst(lookups.count)
                for lookup in lookups { step(.loaded(lookup, found[lookup.stream])) }
            } catch {
                loads.removeFirst(lookups.count)
                if noticeLost(error) { continue }
                let reason = unreadableStore(error)
                for lookup in lookups { step(.lookupFailed(lookup, reason)) }
            }
        }
    }

    func lookUp(_ lookup: PartitionWriter.LookupID, _ command: CommandID) {
        spawn { owner in
            do {
                await owner.step(.found(lookup, command, try await owner.openStore.commit(of: command, on: lookup.stream)))
            } catch {
                if await owner.noticeLost(error) { return }
                await owner.step(.lookupFailed(lookup, owner.unreadableStore(error)))
            }
        }
    }

    /// What the clients are told whose commands need the store; operators are told all.
    private func unreadableStore(_ error: any Error) -> String {
        let reason = Reason(error).preceded(by: "the state store cannot be read")
        logger.warning("commands to \(partition) are refused", metadata: ["reason": "\(reason.full)"])
        return reason.told
    }

    func foldIntoStore(_ records: [ChainedRecord], _ position: ChainPosition) {
        // The store as it is open now: what was asked of it must not go into a later opening.
        let opened = store
        folding = Task {
            do {
                let store = try opened ?? openStore
                let stored = try await store.streams(fold.streams(of: records).filter(store.mayHold))
                try await store.save(try fold.batch(records, onto: stored, position: position))
                step(.folded(position))
            } catch {
                step(.foldFailed(position, Reason(error).preceded(by: "the state store cannot follow the log")))
            }
        }
    }

    func save(_ request: SaveRequest) {
        let opened = store  // as in folding
        saving = Task {
            do {
                try await (opened ?? openStore).save(request.encoded())
                saving = nil
                step(.saved(request.position))
            } catch {
                saving = nil
                if noticeLost(error) { return }
                logger.warning("the state store cannot be written; a restart takes longer", metadata: ["reason": "\(error)"])
                step(.saveFailed(request.position))
            }
        }
    }

    /// Whether the error says that the store is not this owner's any more: it was opened again, as by another process, or its file is gone. The
    /// machine then finds out whose the partition is.
    @discardableResult
    func noticeLost(_ error: any Error) -> Bool {
        guard let error = error as? StateStoreError, error.isHandleLost else { return false }
        if error.code == .displaced, !isStoreDisplaced {
            logger.warning("a state store is opened again", metadata: ["partition": "\(partition)", "reason": "\(error)"])
            isStoreDisplaced = true
        }
        step(.storeLost(error.explanation))
        return true
    }
}
