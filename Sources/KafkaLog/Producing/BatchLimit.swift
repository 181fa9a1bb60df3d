import EventLog
import Synchronization

/// How large a producer's batches may be: as the brokers tell of the topics asked about so far, and as they show by refusing one.
///
/// A topic's `max.message.bytes` bounds a batch, and librdkafka makes batches without knowing it.
final class BatchLimit: Sendable {
    private struct State {
        var told: [Topic: Int] = [:]
        /// Half of the smallest batch that was refused since; for brokers that do not tell, and for a limit that was lowered.
        var shown: Int?
    }

    private let state = Mutex(State())
    /// What a request has beside the batch.
    private static let framing = 256

    /// The smallest limit known of any topic; nil where none is.
    var bytes: Int? {
        state.withLock { state in
            guard let least = (Array(state.told.values) + (state.shown.map { [$0] } ?? [])).min() else { return nil }
            return max(1, least - Self.framing)
        }
    }

    /// - Parameter bytes: the topic's `max.message.bytes`; nil where the brokers do not tell it.
    func wasTold(_ bytes: Int?, of topic: Topic) {
        state.withLock { state in
            guard state.told[topic] != bytes else { return }
            state.told[topic] = bytes
            state.shown = nil
        }
    }

    /// A batch of so many bytes, or several that come to that, was refused.
    func wasRefused(_ bytes: Int) {
        state.withLock { state in state.shown = max(1, min(bytes, state.shown ?? bytes) / 2) }
    }
}
