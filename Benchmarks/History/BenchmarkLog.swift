import ArgumentParser
import EventLog
import Foundation
import KafkaLog
import Logging
import SQLiteLog

/// The logs that can be measured, by their location as `HIGHWATER_LOG` has it.
enum BenchmarkLog {
    /// Of its own, so that a Kafka in use can be measured.
    static let topic: Topic = "highwater-benchmark"

    static func open(_ location: String) async throws -> any EventLog {
        if location.hasPrefix("sqlite:") { return try await SQLiteLog(path: String(location.dropFirst("sqlite:".count))) }
        if location.hasPrefix("kafka://") {
            return try KafkaLog(
                brokers: location.dropFirst("kafka://".count).split(separator: ",").map(String.init), clientID: "engine-benchmarks",
                logger: Logger(label: "benchmarks"))
        }
        throw ValidationError("'\(location)' is no log that this program can measure; use sqlite:PATH or kafka://HOST:PORT")
    }
}

struct LogOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The log, as HIGHWATER_LOG names it.", valueName: "location"))
    var log: String
}
