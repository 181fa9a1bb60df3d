import EventLog
public import ReadModel
public import WriteModel

/// A whole application, in one place: what it is called, its bounded contexts, and their read models. Highwater gives the rest: the
/// command line, the HTTP API, the log, rebuilding, operations.
///
/// ```swift
/// @main struct Commerce: HighwaterProgram {
///     static let application = Application(
///         name: "commerce", abstract: "An order system on Highwater.",
///         contexts: [
///             Application.Context(
///                 "ordering",
///                 categories: [Category("order", decider: OrderDecider(), …)],
///                 projections: [RegisteredProjection(OrderSummary(), reading: OrderSummary.Event.readers)])
///         ])
/// }
/// ```
public struct Application: Sendable {
    /// One bounded context: its topic, its kinds of streams, and the read models of its events.
    public struct Context: Sendable {
        public let writeModel: BoundedContext
        public let projections: [RegisteredProjection]

        public init(_ name: String, categories: [Category], projections: [RegisteredProjection]) {
            writeModel = BoundedContext(.init(name), categories: categories)
            self.projections = projections
        }

        func keeping(_ isKept: (RegisteredProjection) -> Bool) -> Context {
            Context(writeModel: writeModel, projections: projections.filter(isKept))
        }

        private init(writeModel: BoundedContext, projections: [RegisteredProjection]) {
            self.writeModel = writeModel
            self.projections = projections
        }
    }

    /// The program's name on the command line.
    public let name: String
    /// One sentence for `--help`.
    public let abstract: String
    public let version: String
    public let contexts: [Context]

    public init(name: String, abstract: String, version: String = "", contexts: [Context]) {
        self.name = name
        self.abstract = abstract
        self.version = version
        self.contexts = contexts
    }
}
