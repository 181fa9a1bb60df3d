import ArgumentParser
import EventLog
import Foundation
import Logging
import Operations
import ReadModel

struct ReplayCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "replay", abstract: "Rebuild read models from offset zero.",
            discussion: """
                A new generation is filled beside the live one, compared with it, and swapped in by one transaction; queries go on all the \
                while, and so do workers. The old generation is kept for --rollback. Exit status 2: the rebuilt rows differ from the live \
                ones; the new generation waits, and 'replay --no-verify' swaps it in. Where a reader's transaction does not let go of the \
                view, the swap waits for it and names it. Stopped by SIGTERM or Ctrl-C it takes away what it has begun to build, and \
                leaves ready what it has built: the next replay takes that on.
                """)
    }

    @OptionGroup var shared: SharedOptions
    @OptionGroup var selection: ProjectionSelection

    // Without values of their own: that one was given at all has to be known.
    @Option(name: .long, help: "Partitions read and folded at the same time. 4 if absent.")
    var parallel: Int?

    @Option(name: .long, help: ArgumentHelp("How much memory the fold may take, as 64M or 2G. 512M if absent.", valueName: "size"))
    var memory: ByteCount?

    @Flag(name: .long, inversion: .prefixedNo, help: "Compare the new rows with the live ones before the swap.")
    var verify = true

    @Flag(name: .long, inversion: .prefixedNo, help: "Make the new generation live; else it is left ready for a later replay.")
    var swap = true

    @Flag(name: .long, help: "Make the generation before the live one live again; nothing is rebuilt.")
    var rollback = false

    @Flag(name: .long, help: "Print a JSON object for each rebuild.")
    var json = false

    func validate() throws {
        guard parallel ?? 1 > 0 else { throw ValidationError("--parallel must be at least 1.") }
        _ = try Program.application.projections(named: selection.names, all: selection.all)
        guard rollback else { return }
        let ignored = [
            ("--parallel", parallel != nil), ("--memory", memory != nil), ("--no-verify", !verify), ("--no-swap", !swap),
        ].filter(\.1).map(\.0)
        guard ignored.isEmpty else {
            throw ValidationError("--rollback rebuilds nothing, and does not go with \(ignored.joined(separator: ", ")).")
        }
    }

    func run() async throws {
        let settings = try shared.settings()
        JSONLogHandler.bootstrap(level: settings.logLevel)
        let runtime = try await Runtime.open(settings, readOnly: true)
        let options = Rebuild.Options(parallel: parallel ?? 4, memory: memory?.bytes ?? 512 << 20, verify: verify, swap: swap)
        var hasFindings = false
        for (topic, projection) in try Program.application.projections(named: selection.names, all: selection.all) {
            // A rebuild that has begun waits for the log; one that could not begin says so at once.
            if !rollback { _ = try await runtime.partitions(of: topic) }
            for store in try selection.stores(runtime) {
                let rebuild = Rebuild(
                    projection, store: store, log: runtime.log, topic: topic, options: options, builder: Runtime.instance,
                    logger: runtime.logger)
                let result = try await perform(rebuild, of: projection.id.name, in: store)
                hasFindings = hasFindings || result.outcome == .differs
                try report(result)
            }
        }
        if hasFindings { throw ExitCode(findingsExitStatus) }
    }

    private func perform(_ rebuild: Rebuild, of projection: String, in store: any ReadModelStore) async throws -> RebuildResult {
        let name = "\(projection) in \(store.name)"
        let line = ProgressLine()
        defer { line.end() }
        do {
            return try await TerminationSignals.process.cancelling { [rollback] in
                try await rollback
                    ? rebuild.rollBack { line.show($0, of: name) }
                    : rebuild.run { line.show($0, of: name) }
            }
        } catch let interrupted as Interrupted {
            let ready = try? await store.generations(of: projection).last { $0.state == .ready }
            throw Failure(
                "\(name): \(interrupted): the live rows are as they were, and the next replay "
                    + (ready.map { "takes on generation \($0.number), which is ready" } ?? "begins anew"))
        } catch let error as ReadModelError {
            throw Failure("\(name): \(error)")
        } catch let error as LogError {
            throw Failure("\(name): \(error)")
        }
    }

    private func report(_ result: RebuildResult) throws {
        guard !json else { return try StandardOutput.report(json: result) }
        let name = "\(result.projection) v\(result.version) in \(result.store)"
        switch result.outcome {
        case .rolledBack:
            try StandardOutput.report("\(name): generation \(result.generation) is live again\n")
        case .swapped, .ready, .differs:
            let verdict =
                switch (result.outcome, result.verification) {
                case (.differs, let verification): "DIFFERS from the live rows in \(verification?.differenceCount ?? 0) keys; not swapped"
                case (.ready, _): "ready, not swapped"
                case (_, .some): "verified equal and swapped"
                case (_, nil): "swapped, not compared"
                }
            try StandardOutput.report(
                "\(name): generation \(result.generation) \(verdict); \(Figures.grouped(result.events)) events into "
                    + "\(Figures.grouped(result.rows)) rows in \(Figures.seconds(result.seconds)), "
                    + "\(Figures.grouped(Int64(result.eventsPerSecond))) events/s\n")
            if result.outcome == .differs, let verification = result.verification { try StandardOutput.report(verification.listing) }
        }
    }
}

extension ProgressLine {
    func show(_ progress: RebuildProgress, of name: String) {
        show("\(name): \(progress.phase.rawValue)", done: progress.fraction, progress.figures)
    }
}

extension RebuildProgress {
    /// Events, rate, rows, bytes, lag and time left on one line.
    fileprivate var figures: String {
        var parts = [
            "\(Figures.grouped(events)) events", "\(Figures.grouped(Int64(eventsPerSecond)))/s", "\(Figures.grouped(rows)) rows",
            Figures.bytes(bytes), "lag \(Figures.grouped(lag)) records",
        ]
        if let waitsFor { parts.append(waitsFor) }
        if let secondsLeft { parts.append("\(Figures.seconds(secondsLeft)) left") }
        return parts.joined(separator: ", ")
    }
}
