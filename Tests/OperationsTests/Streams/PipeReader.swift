import Foundation

/// Reads a pipe to its end on a thread of its own, from when it is made.
///
/// A task that blocks in a read holds a thread of the pool. With two cores a second one is enough to keep the test from going on that it waits for.
final class PipeReader: Sendable {
    private let read: AsyncStream<Data>

    init(_ reading: FileHandle) {
        let (stream, continuation) = AsyncStream<Data>.makeStream()
        read = stream
        Thread.detachNewThread {
            continuation.yield((try? reading.readToEnd()) ?? Data())
            continuation.finish()
        }
    }

    /// All that was written, once the writing end is closed. Asked once.
    var data: Data {
        get async {
            for await data in read { return data }
            return Data()
        }
    }

    /// ``data``, line by line.
    var lines: [String] {
        get async { String(decoding: await data, as: UTF8.self).split(separator: "\n").map(String.init) }
    }
}
