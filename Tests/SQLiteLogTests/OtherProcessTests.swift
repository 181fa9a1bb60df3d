import EventLog
import EventModel
import Foundation
import Testing

@testable import SQLiteLog

/// Against a real second process.
@Suite(.serialized) struct OtherProcessTests {
    @Test(.timeLimit(.minutes(5))) func itsAppendsWakeReadersHere() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file()
        var options = SQLiteLog.Options()
        options.fallbackInterval = .seconds(86_400)
        let log = try await SQLiteLog(path: path, options: options)
        try await log.createTopic("ordering", partitions: 1)
        let reader = try await log.makeReader(of: partition, from: .zero)
        async let values = {
            var values: [UInt8] = []
            while values.count < 200 { values += try await reader.next(maximumBytes: 1).entries.compactMap(\.value.first) }
            return values
        }()
        await #expect(processExitsWith: .success) { [path = path as String] in
            let log = try await SQLiteLog(path: path)
            let producer = try await log.makeProducer()
            for value: UInt8 in 0..<200 { _ = try await producer.append([value]) }
            await log.close()
        }
        #expect(try await values == (0..<200).map { UInt8($0) })
        // And this one goes on where the other stopped.
        #expect(try await log.makeProducer().append([1]) == Offset(200))
        await log.close()
    }

    /// The other process is killed in the middle of its work; what it was told is stored must be there.
    @Test(.timeLimit(.minutes(5))) func whatAKilledProcessWasToldIsStored() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let log = try await SQLiteLog(path: path)
            try await log.createTopic("ordering", partitions: 1)
            let producer = try await log.makeProducer()
            let told = open(path + ".told", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            for number in 0..<100_000 {
                let value = withUnsafeBytes(of: UInt32(number).littleEndian) { Array($0) }
                producer.append(LogRecord(key: [], value: value[...]), to: partition) { result in
                    guard case .success(let offset) = result, Int(offset.rawValue) == number else { return }
                    _ = value.withUnsafeBytes { write(told, $0.baseAddress, $0.count) }
                    if number == 5000 { kill(getpid(), SIGKILL) }
                }
            }
            await producer.close()
        }
        let told = try Data(contentsOf: URL(fileURLWithPath: path + ".told"))
        #expect(told.count >= 5000 * 4)
        let log = try await SQLiteLog(path: path)
        let end = try await log.bounds(of: partition).upperBound
        #expect(end >= Offset(Int64(told.count / 4)))
        let entries = try await log.read(partition, .zero..<end)
        #expect(entries.prefix(told.count / 4).flatMap(\.value) == Array(told))
        await log.close()
    }
}
