import Foundation
import Synchronization

/// One run of the built `commerce`, with its output read as it comes.
final class CommerceProcess: Sendable {
    struct Exit: Equatable, Sendable {
        /// The exit status, or the signal that ended it.
        let status: Int32
        let wasSignalled: Bool

        static func status(_ status: Int32) -> Exit { Exit(status: status, wasSignalled: false) }
        static func signal(_ signal: Int32) -> Exit { Exit(status: signal, wasSignalled: true) }
    }

    let standardOutput = LineLog()
    let standardError = LineLog()
    let processID: Int32
    private let exit = Promise<Exit>()
    /// One at a time: a process started between the making of a pipe and its closing on `exec` would hold the pipe open, and the output would not
    /// end with its writer.
    private static let starting = Mutex(())

    /// - Parameters:
    ///   - shell: run by bash in front of `exec commerce …`, for limits.
    ///   - standardInput: a descriptor to read from, which stays the caller's; nothing to read if absent.
    init(
        _ arguments: [String], environment: [String: String] = [:], in folder: String, shell: String = "true",
        executable: String = Installation.executable, standardInput: Int32? = nil
    ) throws {
        let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HIGHWATER_") }.merging(environment) { $1 }
        let (id, outputs) = try Self.starting.withLock { _ in
            let outputs = try (Pipe(), Pipe())
            let id = try Self.spawn(
                ["/bin/bash", "-c", "\(shell); cd \"$0\" && exec \"$@\"", folder, executable] + arguments,
                environment.map { "\($0)=\($1)" }, outputs, standardInput)
            return (id, outputs)
        }
        processID = id
        // Blocking calls, on threads of their own.
        let ended = DispatchGroup()
        for (pipe, log) in [(outputs.0, standardOutput), (outputs.1, standardError)] {
            close(pipe.writing)
            ended.enter()
            Thread.detachNewThread {
                pipe.readAll(into: log)
                ended.leave()
            }
        }
        Thread.detachNewThread { [processID, exit] in
            var status: Int32 = 0
            while waitpid(processID, &status, 0) < 0, errno == EINTR {}
            ended.wait()
            let signal = status & 0x7F
            exit.fulfill(signal == 0 ? .status((status >> 8) & 0xFF) : .signal(signal))
        }
    }

    private struct Pipe: Sendable {
        let reading: Int32
        let writing: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            (reading, writing) = (ends[0], ends[1])
        }

        func readAll(into log: LineLog) {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(reading, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                log.add(Data(buffer[..<count]))
            }
            log.add(Data())
            close(reading)
        }
    }

    /// Not by Foundation's `Process`, whose word of the end is lost now and then where many are started at once.
    private static func spawn(
        _ arguments: [String], _ environment: [String], _ outputs: (Pipe, Pipe), _ standardInput: Int32?
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let standardInput {
            posix_spawn_file_actions_adddup2(&actions, standardInput, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, outputs.0.writing, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, outputs.1.writing, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads that tests run on may block signals, and a child has its parent's mask.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // And a run under nohup(1) ignores SIGHUP.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, arguments[0], &actions, &attributes, argv, envp)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .ENOEXEC) }
        return id
    }

    /// Waits for the end of the process and of its output.
    func wait() async -> Exit { await exit.value }

    /// Works with the process while it runs; it is killed afterwards, and where the task is cancelled, and has ended then.
    func during<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await withTaskCancellationHandler {
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            signal(SIGKILL)
            _ = await wait()
            return try result.get()
        } onCancel: {
            signal(SIGKILL)
        }
    }

    var hasEnded: Bool { exit.valueNow != nil }

    func signal(_ signal: Int32) {
        guard exit.valueNow == nil else { return }
        kill(processID, signal)
    }
}

/// A value that comes once.
final class Promise<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [CheckedContinuation<Value, Never>] = []
    }

    private let state = Mutex(State())

    var valueNow: Value? { state.withLock { $0.value } }

    func fulfill(_ value: Value) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.value = value
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }

    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let value = state.withLock { state in
                    if state.value == nil { state.waiting.append(continuation) }
                    return state.value
                }
                if let value { continuation.resume(returning: value) }
            }
        }
    }
}
