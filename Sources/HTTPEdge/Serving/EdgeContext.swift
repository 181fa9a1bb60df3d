import Hummingbird
import Logging

/// What the framework gives along with a request.
struct EdgeContext: InitializableFromSource {
    let logger: Logger

    init(source: ApplicationRequestContextSource) { logger = source.logger }
}
