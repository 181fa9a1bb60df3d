public import EventLog
public import ReadModel

extension ReadModelQueries: ViewQueries {
    public func row(
        of projection: String, key: String, waitFor positions: [LogPosition], timeout: Duration
    ) async throws -> ViewAnswer {
        let result: QueryResult<StoredRow?> = try await row(of: projection, key: key, waitFor: positions, timeout: timeout)
        return ViewAnswer(json: result.value.map { RowJSON.text($0, result.schema) }, position: result.positions.description)
    }

    public func rows(
        of projection: String, filters: [String: String], limit: String?, after: String?, waitFor positions: [LogPosition],
        timeout: Duration
    ) async throws -> ViewAnswer {
        do {
            let result: QueryResult<RowPage> = try await rows(
                of: projection, filters: filters, limit: limit, after: after, waitFor: positions, timeout: timeout)
            return ViewAnswer(json: RowJSON.text(result.value, result.schema), position: result.positions.description)
        } catch let error as InvalidQuery {
            throw InvalidViewQuery(parameter: error.parameter, reason: error.reason)
        }
    }
}
