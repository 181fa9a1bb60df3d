import EventLog
import EventModel
import HTTPTypes
import Hummingbird
import Logging
import ReadModel
import WriteModel

/// `GET /v1/{category}/{streamID}` and `GET /v1/{category}/{streamID}/events`: answered by the writing side, which is always as fresh as
/// any position it has given out. Of a position that it has not, it finds out whether another instance writes the partition now.
struct StreamEndpoint: Sendable {
    static let defaultLimit: Int64 = 100

    let services: [any CommandService]
    let forwarder: Forwarder

    func state(
        _ request: Request, _ target: RequestTarget, _ route: CategoryRoute, key: Substring, traceparent: String
    ) async throws -> Response {
        let stream = try StreamID(route: route.category.name, key: key)
        var parameters = try QueryParameters(target.query)
        let version = try parameters.take("version", in: 1...Int64.max)
        try parameters.finish()
        let preconditions = try Preconditions(request.headers)
        let freshness = try Freshness(request.headers, services: services)
        return try await owned(request, stream, route, freshness, traceparent) {
            try await state(of: stream, at: version, preconditions, route)
        }
    }

    func events(
        _ request: Request, _ target: RequestTarget, _ route: CategoryRoute, key: Substring, traceparent: String, logger: Logger
    ) async throws -> Response {
        let stream = try StreamID(route: route.category.name, key: key)
        var parameters = try QueryParameters(target.query)
        let from = try parameters.take("from", in: 1...Int64.max) ?? 1
        let limit = Int(
            try parameters.take("limit", in: Int64(RowQuery.limits.lowerBound)...Int64(RowQuery.limits.upperBound)) ?? Self.defaultLimit)
        try parameters.finish()
        let freshness = try Freshness(request.headers, services: services)
        return try await owned(request, stream, route, freshness, traceparent) {
            try await events(of: stream, from: from, limit: limit, route, logger)
        }
    }

    /// The answer of whoever owns the stream.
    private func owned(
        _ request: Request, _ stream: StreamID, _ route: CategoryRoute, _ freshness: Freshness, _ traceparent: String,
        _ read: () async throws -> Response
    ) async throws -> Response {
        let elapsed = forwarder.environment.clock.stopwatch()
        let request = StreamRequest(
            head: request.head, body: nil, stream: stream, service: route.service, commandID: nil, traceparent: traceparent,
            wait: freshness.positions.isEmpty ? .zero : freshness.timeout)
        do {
            var response = try await forwarder.answer(request) { remaining in
                do {
                    // Other partitions' positions say nothing about the stream. Whoever has come to the last of its own has come to all.
                    let own = route.service.partition(of: stream)
                    if let last = freshness.positions.filter({ $0.partition == own }).max(by: { $0.offset < $1.offset }) {
                        try await route.service.catchUp(to: last, timeout: max(.zero, min(remaining, freshness.timeout - elapsed())))
                    }
                    return .response(try await read())
                } catch let error as HistoryError where error.code == .notOwner {
                    return .notOwner(error.description)
                }
            }
            if let applied = freshness.appliedPreference { response.headers[.preferenceApplied] = applied }
            return response
        } catch {
            guard let applied = freshness.appliedPreference, var problem = Problem(fault: error) else { throw error }
            problem.headers[.preferenceApplied] = applied
            throw problem
        }
    }

    private func state(
        of stream: StreamID, at version: Int64?, _ preconditions: Preconditions, _ route: CategoryRoute
    ) async throws -> Response {
        // Before it is looked for: then what is not found was not there at that position.
        let seen = try await route.service.accountedPosition(of: stream)
        guard let snapshot = try await route.service.state(of: stream, at: version.map { StreamVersion($0) }) else {
            throw notFound(version.map { "the stream '\(stream)' has no version \($0)" } ?? "there is no stream '\(stream)'", at: seen)
        }
        let tag = EntityTag(snapshot.version)
        var headers: HTTPFields = [.eTag: "\(tag)", .highwaterPosition: snapshot.position.description]
        switch preconditions.verdict(on: tag) {
        case .proceed: break
        case .notModified: return Response(status: .notModified, headers: headers)
        case .failed: throw Problem.preconditionFailed(tag)
        }
        var json = JSONText(capacity: snapshot.json.utf8.count + 256)
        json.raw("{\"stream\":")
        json.string(stream.description)
        json.raw(",\"version\":")
        json.integer(snapshot.version.rawValue)
        json.raw(",\"state\":")
        json.json(snapshot.json)
        json.raw("}")
        headers[.contentType] = "application/json"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: json.buffer))
    }

    private func events(
        of stream: StreamID, from: Int64, limit: Int, _ route: CategoryRoute, _ logger: Logger
    ) async throws -> Response {
        let seen = try await route.service.accountedPosition(of: stream)  // before, as above
        // One more than is shown tells whether there are more.
        let found = try await route.service.events(of: stream, from: StreamVersion(from), limit: limit + 1)
        if found.isEmpty {
            let first = from > 1 ? try await route.service.events(of: stream, from: StreamVersion(1), limit: 1).first : nil
            // One that has begun since may have more events than were found.
            guard let first, first.position.offset <= seen.offset else { throw notFound("there is no stream '\(stream)'", at: seen) }
        }
        var json = JSONText(capacity: 256 + 512 * found.count)
        json.raw("{\"events\":[")
        for (index, event) in found.prefix(limit).enumerated() {
            if index > 0 { json.raw(",") }
            StoredEventJSON.write(event, data: route.category.data(of: event.event, at: event.id, logger: logger), to: &json)
        }
        json.raw("],\"next\":")
        if found.count > limit { json.integer(found[limit].id.version.rawValue) } else { json.raw("null") }
        json.raw("}")
        let position = found.prefix(limit).last?.position ?? seen
        return Response(
            status: .ok, headers: [.contentType: "application/json", .highwaterPosition: position.description],
            body: ResponseBody(byteBuffer: json.buffer))
    }

    private func notFound(_ detail: String, at position: LogPosition) -> Problem {
        Problem(.notFound, detail, headers: [.highwaterPosition: position.description])
    }
}
