import CRdKafka
import EventLog
import EventModel

/// What one drain of a fetch queue gives: the records' bytes in one array, and where each ends.
struct Drained {
    private struct Row {
        let offset: Int64
        let timestamp: Int64
        let keyEnd: Int
        let valueEnd: Int
    }

    private var bytes: [UInt8] = []
    private var rows: [Row] = []
    private var maximumBytes = 0
    /// A guess at the next records' size, from those before.
    private var averageBytes = 256
    private(set) var error: (code: rd_kafka_resp_err_t, words: String?)?

    var lastOffset: Int64? { rows.last?.offset }
    var byteCount: Int { bytes.count }

    mutating func begin(maximumBytes: Int, queued: Int) {
        self.maximumBytes = maximumBytes
        error = nil
        rows.removeAll(keepingCapacity: true)
        // The batch before keeps its own array; this one is as large as it will probably be.
        bytes = []
        bytes.reserveCapacity(min(max(0, maximumBytes), queued * averageBytes) + averageBytes)
    }

    /// Copies a record; false after one that fills the batch, and at an error: what comes then is to stay in the queue.
    mutating func take(_ pointer: UnsafePointer<rd_kafka_message_t>) -> Bool {
        let message = pointer.pointee
        guard message.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            error = (message.err, rd_kafka_message_errstr(pointer).map { String(cString: $0) })
            return false
        }
        append(message.key, message.key_len)
        let keyEnd = bytes.count
        append(message.payload, message.len)
        rows.append(
            Row(offset: message.offset, timestamp: rd_kafka_message_timestamp(pointer, nil), keyEnd: keyEnd, valueEnd: bytes.count))
        return bytes.count < maximumBytes
    }

    private mutating func append(_ start: UnsafeMutableRawPointer?, _ count: Int) {
        guard let start, count > 0 else { return }
        bytes.append(contentsOf: UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count))
    }

    /// The records, whose bytes are slices of one array.
    mutating func entries() -> [LogEntry] {
        if !rows.isEmpty { averageBytes = max(16, bytes.count / rows.count) }
        var start = 0
        return [LogEntry](unsafeUninitializedCapacity: rows.count) { buffer, count in
            for row in rows {
                (buffer.baseAddress! + count).initialize(
                    to: LogEntry(
                        offset: Offset(row.offset), storedAt: Timestamp(microseconds: max(0, row.timestamp) * 1000),
                        key: bytes[start..<row.keyEnd], value: bytes[row.keyEnd..<row.valueEnd]))
                start = row.valueEnd
                count += 1
            }
        }
    }
}
