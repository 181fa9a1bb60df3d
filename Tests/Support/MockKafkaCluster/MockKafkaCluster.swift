import CRdKafka
import Foundation

/// librdkafka's mock cluster in a process of its own: brokers that speak Kafka's protocol over TCP, with faults on command. For tests alone;
/// a partition keeps some 5 MB, and everything is gone at the end.
///
///     MockKafkaCluster [--brokers N]
///
/// The first line on standard output is `bootstrap.servers=host:port,…`. Then each line on standard input is a command, answered by one line,
/// `ok`, with what was asked for, or `error` and why. Brokers are numbered from 1; error names and API keys are the protocol's numbers. A key
/// or value is `x` and hexadecimal digits, or `null`.
///
/// | command | does |
/// |---|---|
/// | `topic NAME PARTITIONS [REPLICAS]` | creates a topic (`error … exists` where it is there) |
/// | `down BROKER`, `up BROKER` | closes a broker's connections and port, and opens it again |
/// | `delay BROKER MS` | answers that much later |
/// | `errors APIKEY ERR[,ERR…]` | answers the next requests of that kind so (Produce 0, Fetch 1, ListOffsets 2, Metadata 3, …), one each |
/// | `clear-errors APIKEY` | forgets those not used yet |
/// | `leader TOPIC PARTITION BROKER` | moves a partition; -1 leaves it without a leader |
/// | `coordinator group\|transaction KEY BROKER` | moves a coordinator |
/// | `append TOPIC PARTITION KEY VALUE` | stores a record as a foreign client would |
/// | `record TOPIC PARTITION OFFSET` | the record's key and value, as they stand there |
/// | `committed GROUP TOPIC PARTITION` | the group's offset, or `none` |
/// | `quit` | ends, as does the end of standard input |
@main struct MockKafkaCluster {
    static func main() {
        let arguments = CommandLine.arguments
        let brokers = arguments.firstIndex(of: "--brokers").flatMap { arguments.indices.contains($0 + 1) ? Int32(arguments[$0 + 1]) : nil }
        guard let cluster = MockCluster(brokers: brokers ?? 1) else {
            FileHandle.standardError.write(Data("the mock cluster does not start\n".utf8))
            exit(1)
        }
        say("bootstrap.servers=\(cluster.bootstrapServers)")
        while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            if words == ["quit"] { break }
            guard !words.isEmpty else { continue }
            do throws(CommandFailure) {
                let answer = try cluster.perform(words)
                say(answer.map { "ok \($0)" } ?? "ok")
            } catch {
                say("error \(error.reason)")
            }
        }
        cluster.destroy()
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
