import ReadModel
import WriteModel

extension Problem {
    /// The problem that tells of a known fault; nil where `error` is an unexpected one, of which a caller is told nothing.
    init?(fault error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as HistoryError:
            switch error.code {
            case .notOwner, .unavailable: self = .unavailable(error.description)
            case .unreadable: return nil
            }
        case let error as InvalidQuery: self = .malformed(error.parameter, error.reason)
        case let error as InvalidViewQuery: self = .malformed(error.parameter, error.reason)
        case let error as ReadModelError:
            switch error.code {
            case .behind: self = .unavailable(error.message)
            case .unknownProjection: self = .unavailable("the view has not been built yet")
            case .unavailable, .refused, .storage: self = .unavailable("the read model cannot be read now")
            case .unsupportedValue: self = Problem(.internal, "a figure of the view is beyond what can be held")
            default: return nil
            }
        default: return nil
        }
    }
}
