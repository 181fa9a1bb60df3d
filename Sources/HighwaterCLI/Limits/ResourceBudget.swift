import Operations

/// Divides what the system lets the process have between what it needs and its clients' connections.
struct ResourceBudget: Sendable {
    let limits: ProcessLimits
    let needs: ResourceNeeds
    /// Descriptors that a client's connection may take: one more where its requests are forwarded.
    let perConnection: Int
    private let isGuess: Bool

    /// Where the limits would allow any number; more is for HIGHWATER_MAX_CONNECTIONS to say.
    static let mostConnections = 16_384
    /// Fewer are no service.
    static let fewestConnections = 32

    init(limits: ProcessLimits, plan: ResourceNeeds.Plan) {
        self.limits = limits
        needs = ResourceNeeds(plan)
        isGuess = plan.isGuess
        perConnection = plan.brokers == nil && plan.roles == .all ? 1 : 2
    }

    /// How many connections clients may have.
    ///
    /// - Parameter wanted: what is set; nil for as many as there is room for.
    /// - Throws: ``Failure`` with the status of a wrong configuration, where the limits are too low.
    func connections(wanted: Int?) throws(Failure) -> Int {
        try check(connections: wanted ?? Self.fewestConnections)
        // There may be more partitions and brokers than was guessed.
        let room = (limits.descriptors - needs.descriptors) / (isGuess ? 2 : 1)
        return wanted ?? max(Self.fewestConnections, min(Self.mostConnections, room / perConnection))
    }

    /// - Throws: ``Failure`` with the status of a wrong configuration, where the limits are too low for what is needed.
    func check(connections: Int = 0) throws(Failure) {
        let needed = needs.descriptors + connections * perConnection
        if needed > limits.descriptors {
            var parts = needs.listing
            if connections > 0 {
                parts += ", \(Figures.grouped(connections * perConnection)) for \(Figures.grouped(connections)) connections of clients"
            }
            let fewer = connections > Self.fewestConnections ? "set HIGHWATER_MAX_CONNECTIONS lower, " : ""
            throw Failure(
                """
                the process needs \(Figures.grouped(needed)) file descriptors and may open \(Figures.grouped(limits.descriptors)): \(parts). \
                Raise the limit to \(needed) or more ('ulimit -n', systemd's LimitNOFILE, a container's --ulimit nofile), \(fewer)or use fewer \
                partitions (HIGHWATER_PARTITIONS, before the topic is made)
                """, exitStatus: ConfigurationError.exitStatus)
        }
        guard let threads = limits.threads, needs.threads > threads.count else { return }
        throw Failure(
            """
            the process needs \(Figures.grouped(needs.threads)) threads and may run \(Figures.grouped(threads.count)), by \(threads.source). \
            Raise that limit to \(needs.threads) or more ('ulimit -u', systemd's TasksMax, a container's --pids-limit), or use fewer partitions \
            (HIGHWATER_PARTITIONS, before the topic is made)
            """, exitStatus: ConfigurationError.exitStatus)
    }
}
