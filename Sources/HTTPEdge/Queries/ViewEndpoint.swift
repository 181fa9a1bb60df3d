import EventLog
import HTTPTypes
import Hummingbird
import ReadModel

/// `GET /v1/views/{projection}` and `GET /v1/views/{projection}/{key}`.
struct ViewEndpoint: Sendable {
    let queries: any ViewQueries
    let topics: Set<Topic>

    func row(_ request: Request, _ target: RequestTarget, _ schema: TableSchema, key: Substring) async throws -> Response {
        try QueryParameters(target.query).finish()
        guard let key = PercentEncoding.decode(key), !key.isEmpty else {
            throw Problem.malformed("key", "the key is empty or not percent-encoded UTF-8")
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
        let name = schema.projection.name
        return try await answer(request) { freshness in
            try await queries.rows(
                of: name, filters: filters, limit: limit, after: after, waitFor: freshness.positions, timeout: freshness.timeout)
        }
    }

    private func answer(_ request: Request, _ query: (Freshness) async throws -> ViewAnswer) async throws -> Response {
        let freshness = try Freshness(request.headers, topics: topics)
        var headers: HTTPFields = [:]
        if let applied = freshness.appliedPreference { headers[.preferenceApplied] = applied }
        do {
            let answer = try await query(freshness)
            if !answer.position.isEmpty { headers[.highwaterPosition] = answer.position }
            guard let json = answer.json else { throw Problem(.notFound, "the view has no row with this key") }
            headers[.contentType] = "application/json"
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: json)))
        } catch {
            guard var problem = Problem(fault: error) else { throw error }
            problem.headers.append(contentsOf: headers)
            throw problem
        }
    }
}
