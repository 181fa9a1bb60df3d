/// Where a setting's value came from. Earlier cases win.
public enum SettingSource: Hashable, Sendable, CustomStringConvertible {
    case environment
    case file(String)
    case `default`

    public var description: String {
        switch self {
        case .environment: "environment"
        case .file(let path): path
        case .default: "default"
        }
    }
}
