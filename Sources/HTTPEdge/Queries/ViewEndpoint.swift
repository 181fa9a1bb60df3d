import EventLog
import HTTPTypes
import Hummingbird
import ReadModel
import WriteModel

/// `GET /v1/views/{projection}` and `GET /v1/views/{projection}/{key}`.
struct ViewEndpoint: Sendable {
    let queries: any ViewQueries
    let services: [any CommandService]

    func row(_ request: Request, _ target: RequestTarget, _ schema: TableSchema, key: Substring) async throws -> Response {
        try QueryParameters(target.query).finish()
        guard let key = PercentEncoding.decode(key), !key.isEmpty, !key.utf8.contains(0) else {
            throw Problem.malformed("key", "the key is empty, holds a NUL character, or is not percent-encoded UTF-8")
        }
        let name = schema.projection.name
        return try await answer(request) { freshness in
            try await queries.row(of: name, key: key, waitFor: freshness.positions, timeout: freshness.timeout)
        }
    }

    func rows(_ request: Request, _ target: RequestTarget, _ schema: TableSchema) async throws -> Response {
        var parameters = try QueryParameters(target.query)
        let limit = parameters.take("limit")
        let after = parameters.take("after")
        let filters = parameters.values
        // No row has such a text, and PostgreSQL would read it up to there.
        if let name = filters.filter({ $0.value.utf8.contains(0) }).keys.min() {
            throw Problem.malformed(name, "the parameter holds a NUL character")
        }
        let name = schema.projection.name
        return try await answer(request) { freshness in
            try await queries.rows(
                of: name, filters: filters, limit: limit, after: after, waitFor: freshness.positions, timeout: freshness.timeout)
        }
    }

    private func answer(_ request: Request, _ query: (Freshness) async throws -> ViewAnswer) async throws -> Response {
        let freshness = try Freshness(request.headers, services: services)
        let preconditions = try Preconditions(request.headers)
        var headers: HTTPFields = [:]
        if let applied = freshness.appliedPreference { headers[.preferenceApplied] = applied }
        do {
            let answer = try await query(freshness)
            if !answer.position.isEmpty { headers[.highwaterPosition] = answer.position }
            guard let json = answer.json else { throw Problem(.notFound, "the view has no row with this key") }
            let tag = EntityTag(digestOf: json)
            let verdict = preconditions.verdict(on: tag)
            if verdict == .failed { throw Problem.preconditionFailed(tag) }
            headers[.eTag] = "\(tag)"
            if verdict == .notModified { return Response(status: .notModified, headers: headers) }
            headers[.contentType] = "application/json"
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: json)))
        } catch {
            guard var problem = Problem(fault: error) else { throw error }
            problem.headers.append(contentsOf: headers)
            throw problem
        }
    }
}
