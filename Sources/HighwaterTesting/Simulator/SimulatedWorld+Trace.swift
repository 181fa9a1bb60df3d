import EventLog
import EventModel
import WriteModel

/// Inputs and actions in a line each.
extension SimulatedWorld {
    func describe(_ input: PartitionWriter.Input) -> String {
        switch input {
        case .assigned(let position): "assigned from \(position)"
        case .command(let command, let ticket): "command \(command.id) on \(command.stream), ticket \(ticket.number)"
        case .expired(let ticket): "expired \(ticket.number)"
        case .loaded(let lookup, let stored): "loaded \(lookup.stream) at \(stored?.version.rawValue ?? 0)"
        case .found(let lookup, let command, let commit):
            "found \(command) on \(lookup.stream): \(commit.map { "\($0.offset)" } ?? "nothing")"
        case .reported(let append, .success(let offset)): "reported \(append): stored at \(offset)"
        case .reported(let append, .failure(let error)): "reported \(append): \(error)"
        case .read(let reading, let batch): "read \(reading) to \(batch.position), next \(batch.next), \(batch.voids) void"
        default: "\(input)"
        }
    }

    func describe(_ action: PartitionWriter.Action) -> String {
        switch action {
        case .append(.commit(let commit), _):
            "append \(Record.commit(commit).header) of ticket \(commit.causationID) at \(commit.firstVersion)"
        case .append(.claim(let claim), _): "append claim \(claim.epoch)"
        case .fold(let records, let position): "fold \(records.map(\.offset)) to \(position)"
        case .save(let request): "save \(request.position)"
        case .answer(let ticket, .committed(let receipt)): "answer \(ticket.number): committed at \(receipt.position)"
        case .answer(let ticket, let outcome): "answer \(ticket.number): \(outcome)"
        default: "\(action)"
        }
    }
}
