import EventLog

/// Finding and making the generation that a projection's workers fold into.
enum LiveGeneration {
    case current(Generation)
    /// The live generation is of an older version of the projection: this one must be built beside it.
    case outdated(Generation)

    /// - Throws: `incompatibleLayout` where the live generation is of a newer version, of other columns or of another partition count.
    static func find(
        _ schema: TableSchema, in store: any ReadModelStore, topic: Topic, partitions: Int
    ) async throws -> LiveGeneration {
        let name = schema.projection.name
        if let problem = schema.problems.first { throw ReadModelError(.incompatibleLayout, "projection '\(name)': \(problem)") }
        var live = try await store.generations(of: name).first { $0.state == .live }
        if live == nil {
            live = try await store.createGeneration(schema, topic: topic, partitions: partitions, purpose: .first)
        }
        guard let live else { throw ReadModelError(.unknownProjection, "projection '\(name)' has no live generation") }
        let (version, mine) = (live.schema.projection.version, schema.projection.version)
        if version > mine {
            throw ReadModelError(
                .incompatibleLayout,
                "the read model '\(name)' in \(store.name) is of version \(version) and this program has version \(mine): it is older than the "
                    + "read model; deploy the newer program, or roll back with `replay \(name) --rollback`")
        }
        if version < mine { return .outdated(live) }
        try check(live, schema, topic: topic, partitions: partitions)
        return .current(live)
    }

    /// That a generation of the same version is of the same columns, topic and partitions.
    static func check(_ generation: Generation, _ schema: TableSchema, topic: Topic, partitions: Int) throws {
        let name = schema.projection.name
        guard generation.schema == schema else {
            throw ReadModelError(
                .incompatibleLayout,
                "projection '\(name)' has other columns than the read model, under the same version \(schema.projection.version): raise its "
                    + "version, and it is rebuilt beside the old one")
        }
        guard generation.partitions == partitions, generation.topic == topic else {
            throw ReadModelError(
                .incompatibleLayout,
                "the read model '\(name)' was made from \(generation.partitions) partitions of '\(generation.topic)', and '\(topic)' has "
                    + "\(partitions): rebuild it with `replay \(name)`")
        }
    }
}
