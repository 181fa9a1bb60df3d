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

    /// - Parameter shell: run by bash in front of `exec commerce …`, for limits.
    init(_ arguments: [String], environment: [String: String] = [:], in folder: String, shell: String? = nil, executable: String = Installation.executable) throws {
        let process = Process()
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        if let shell {
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = ["-c", "\(shell); exec \"$0\" \"$@\"", executable] + arguments
        } else {
            process.executableURL = URL(fileURLWithPath: executable)
            process.arguments = arguments
        }
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HIGHWATER_") }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let outputs = [(Pipe(), standardOutput), (Pipe(), standardError)]
        process.standardOutput = outputs[0].0
        process.standardError = outputs[1].0
        let ended = DispatchGroup()
        for (pipe, log) in outputs {
            ended.enter()
            pipe.fileHandleForReading.readabilityHandler = { handle in
                let data = handle.availableData
                log.add(data)
                guard data.isEmpty else { return }
                handle.readabilityHandler = nil
                ended.leave()
            }
        }
        let result = Mutex(Exit.status(0))
        ended.enter()
        process.terminationHandler = { process in
            result.withLock { $0 = Exit(status: process.terminationStatus, wasSignalled: process.terminationReason == .uncaughtSignal) }
            ended.leave()
        }
        ended.notify(queue: .global()) { [exit] in exit.fulfill(result.withLock { $0 }) }
        try process.run()
        processID = process.processIdentifier
    }

    /// Waits for the end of the process and of its output.
    func wait() async -> Exit { await exit.value }

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
