import CLibPQ
import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// One libpq connection, on the one thread that may touch it. Its functions block that thread, in `poll(2)`, until the server has
/// answered, the connection breaks, or whoever asked gives up.
final class PostgresSession {
    let settings: ConnectionSettings
    private let wakePipe: WakePipe
    private let notices: NoticeLogger
    private(set) var connection: OpaquePointer?
    var statements = StatementCache()
    /// Whether a transaction may stay open between pieces of work.
    var keepsTransaction = false

    private let cancels: CancelSender
    /// Of the work that is being done.
    private var cancelFlag: CancelFlag?
    private var limit: TimeLimit?
    /// Until when to wait for the server, where there is a limit.
    private var deadline: ContinuousClock.Instant?
    /// Whether a statement was left behind on the connection, which is of no more use then and closes after the work.
    private var isGivenUp = false

    init(_ settings: ConnectionSettings, wakePipe: WakePipe, cancels: CancelSender = CancelSender(), logger: Logger) {
        self.settings = settings
        self.wakePipe = wakePipe
        self.cancels = cancels
        notices = NoticeLogger(logger)
    }

    deinit { close() }

    var isOpen: Bool { connection.map { PQstatus($0) == CONNECTION_OK } ?? false }
    var processID: Int32 { connection.map { PQbackendPID($0) } ?? 0 }
    var serverVersion: Int32 { connection.map { PQserverVersion($0) } ?? 0 }

    func close() {
        if let connection { PQfinish(connection) }
        connection = nil
        isGivenUp = false
        statements.removeAll()
    }

    // MARK: Work

    /// Runs a piece of work, which is cancelled through `flag`, or by its limit. Afterwards the connection is in no transaction, or closed.
    func perform<Result>(
        _ flag: CancelFlag, within limit: TimeLimit?, _ work: (PostgresSession) throws -> Result
    ) throws -> Result {
        guard !flag.isCancelled else { throw CancellationError() }
        cancelFlag = flag
        set(limit)
        defer {
            cancelFlag = nil
            set(nil)
            tidy()
        }
        do {
            return try work(self)
        } catch let error as PostgresError where flag.isCancelled && error.isConnectionLoss {
            throw CancellationError()
        } catch let error as PostgresError where error.isReadOnlyServer {
            // The next connection may find the primary.
            close()
            throw error
        }
    }

    /// Whether no transaction is open.
    var isAtRest: Bool {
        connection.map { PQtransactionStatus($0) == PQTRANS_IDLE && PQpipelineStatus($0) == PQ_PIPELINE_OFF } ?? false
    }

    /// Something has gone one way or the other. Work of our own between is no silence of the server's.
    private func restartSilence() {
        if case .silence(let silence) = limit { deadline = .now + silence }
    }

    private func set(_ limit: TimeLimit?) {
        self.limit = limit
        deadline = limit.map { .now + $0.duration }
    }

    /// Runs `body` with ``TimeLimit/long`` in the place of the work's limit, which begins anew after it.
    func takingLong<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = limit
        set(.long)
        defer { set(before) }
        return try body()
    }

    private func tidy() {
        guard let connection else { return }
        if isGivenUp || PQstatus(connection) != CONNECTION_OK { return close() }
        if keepsTransaction, PQtransactionStatus(connection) == PQTRANS_INTRANS, PQpipelineStatus(connection) == PQ_PIPELINE_OFF { return }
        if !isAtRest { close() }
    }

    /// - Throws: `CancellationError`, between the steps of long work.
    func checkCancellation() throws {
        if cancelFlag?.isCancelled == true { throw CancellationError() }
    }

    // MARK: Connecting

    /// Tries the hosts in libpq's order. One that does not answer in time is left out then: libpq itself would stay with it, since its
    /// `connect_timeout` holds for its blocking functions alone.
    ///
    /// - Throws: ``PostgresError`` `connecting`.
    func connect() throws {
        var hosts = settings.hosts
        while true {
            close()
            do {
                guard let silent = try connect(to: hosts) else { return }
                if let index = hosts.firstIndex(of: silent) { hosts.remove(at: index) } else { hosts.removeFirst() }
                guard !hosts.isEmpty else {
                    throw PostgresError(.connecting, "\(settings.description) did not answer within \(settings.connectTimeout)")
                }
            } catch {
                close()
                throw error
            }
        }
    }

    /// - Returns: the host that did not answer in time, if any; else the connection is open.
    private func connect(to hosts: [ConnectionSettings.Host]) throws -> ConnectionSettings.Host? {
        let connection = try startConnecting(settings.options(for: hosts))
        self.connection = connection
        // So that a failure names its SQLSTATE; libpq has no other way to tell it.
        _ = PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        notices.attach(to: connection)
        var tried = Self.host(connection)
        var deadline = ContinuousClock.now + settings.connectTimeout
        var state = PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED else { throw PostgresError(connecting: connection, to: settings) }
            let events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT
            guard try wait(for: Int16(events), until: deadline) != 0 else {
                return hosts.first {
                    ($0.name ?? $0.address ?? tried.name) == tried.name && ($0.port ?? tried.port) == tried.port
                } ?? tried
            }
            state = PQconnectPoll(connection)
            let now = Self.host(connection)
            if now != tried {
                tried = now
                deadline = .now + settings.connectTimeout
            }
        }
        _ = PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        guard PQsetnonblocking(connection, 1) == 0 else { throw PostgresError(connecting: connection, to: settings) }
        return nil
    }

    /// The one that libpq is trying.
    private static func host(_ connection: OpaquePointer) -> ConnectionSettings.Host {
        func text(_ value: UnsafePointer<CChar>?) -> String? { value.map { String(cString: $0) } }
        return ConnectionSettings.Host(
            name: text(PQhost(connection)), address: text(PQhostaddr(connection)), port: text(PQport(connection)))
    }

    private func startConnecting(_ options: [String: String]) throws(PostgresError) -> OpaquePointer {
        let pairs = options.sorted { $0.key < $1.key }
        let names = pairs.map { strdup($0.key) } + [nil]
        let values = pairs.map { strdup($0.value) } + [nil]
        defer { for text in names + values { free(text) } }
        guard let connection = PQconnectStartParams(names.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 0) else {
            throw PostgresError(.connecting, "memory is short")
        }
        return connection
    }

    /// The open connection.
    func opened() throws(PostgresError) -> OpaquePointer {
        guard let connection, !isGivenUp else {
            throw PostgresError(.connectionLost, "the connection to \(settings.description) is closed")
        }
        return connection
    }

    func lost() -> PostgresError {
        let said = connection.map { String(cString: PQerrorMessage($0)).trimmedLines } ?? ""
        return PostgresError(.connectionLost, "the connection to \(settings.description) broke\(said.isEmpty ? "" : ": \(said)")")
    }

    // MARK: Waiting

    /// Waits until the socket is ready for one of `events`.
    ///
    /// - Returns: what it is ready for; 0 at `end`.
    /// - Throws: ``PostgresError`` `unanswered` beyond the work's limit, `CancellationError` where it is cancelled; the connection is given up
    ///   then.
    private func wait(for events: Int16, until end: ContinuousClock.Instant? = nil) throws -> Int16 {
        let connection = try opened()
        while true {
            if cancelFlag?.isCancelled == true {
                giveUp(connection)
                throw CancellationError()
            }
            var descriptors = [
                pollfd(fd: PQsocket(connection), events: events, revents: 0),
                pollfd(fd: wakePipe.readEnd, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&descriptors, 2, Self.milliseconds(until: [end, deadline].compactMap { $0 }.min()))
            if ready < 0 {
                guard errno == EINTR else { throw PostgresError(.connectionLost, String(cString: strerror(errno))) }
                continue
            }
            if descriptors[1].revents != 0 { wakePipe.drain() }
            if descriptors[0].revents != 0 {
                restartSilence()
                return descriptors[0].revents
            }
            let now = ContinuousClock.now
            if let deadline, let limit, now >= deadline {
                giveUp(connection)
                throw PostgresError(.unanswered, "\(settings.description) did not answer within \(limit.duration)")
            }
            if let end, now >= end { return 0 }
        }
    }

    private static func milliseconds(until end: ContinuousClock.Instant?) -> Int32 {
        guard let end else { return -1 }
        guard end > .now else { return 0 }
        let (seconds, attoseconds) = max(end - .now, .zero).components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    /// Leaves what is under way on the connection behind, and asks the server to cancel it. Nobody waits to hear what becomes of it: the
    /// connection closes, so that a request that comes late hits no other statement.
    private func giveUp(_ connection: OpaquePointer) {
        isGivenUp = true
        if PQstatus(connection) == CONNECTION_OK, let request = CancelRequest(for: connection) { cancels.send(request) }
    }

    /// Waits for work, and for the server to close the connection.
    func idle() {
        var descriptors = [pollfd(fd: wakePipe.readEnd, events: Int16(POLLIN), revents: 0)]
        if let connection { descriptors.append(pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)) }
        guard poll(&descriptors, nfds_t(descriptors.count), -1) > 0 else { return }
        if descriptors[0].revents != 0 { wakePipe.drain() }
        guard descriptors.count > 1, descriptors[1].revents != 0, let connection else { return }
        // A notice, a changed setting, or the end.
        if PQconsumeInput(connection) == 0 { return close() }
        _ = PQisBusy(connection)
        if PQstatus(connection) != CONNECTION_OK { close() }
    }

    // MARK: Sending and receiving

    /// Sends what libpq has gathered, and takes meanwhile what the server sends: else both could wait for each other.
    func flush(_ connection: OpaquePointer) throws {
        while true {
            let rest = PQflush(connection)
            if rest == 0 { return restartSilence() }
            guard rest > 0 else { throw lost() }
            let ready = try wait(for: Int16(POLLIN | POLLOUT))
            if ready & ~Int16(POLLOUT) != 0, PQconsumeInput(connection) == 0 { throw lost() }
        }
    }

    /// How long to trust `poll(2)` where TLS is in use, which may have read already what is waited for. libpq takes 8 kB at once and a TLS
    /// record has up to 16, as those of newer servers and of proxies; libpq's blocking functions ask OpenSSL for what it holds, these cannot.
    /// So whatever `poll(2)` says they look twice, and then now and again.
    private static let hiddenInput = Duration.milliseconds(50)

    /// The next result; nil after a command's last.
    func nextResult(_ connection: OpaquePointer) throws -> OpaquePointer? {
        let isEncrypted = PQsslInUse(connection) == 1
        var dry = 0
        while PQisBusy(connection) == 1 {
            let limit = isEncrypted ? (dry < 2 ? .zero : Self.hiddenInput) : nil as Duration?
            dry = try wait(for: Int16(POLLIN), until: limit.map { .now + $0 }) == 0 ? dry + 1 : 0
            // What the server said before it went away is still to be read.
            if PQconsumeInput(connection) == 0, PQisBusy(connection) == 1 { throw lost() }
        }
        return PQgetResult(connection)
    }
}

extension PostgresError {
    /// Why libpq could not connect, from its message: `… failed: FATAL:  28P01: password authentication failed for user "a"`.
    fileprivate init(connecting connection: OpaquePointer, to settings: ConnectionSettings) {
        let lines = String(cString: PQerrorMessage(connection)).split(whereSeparator: \.isNewline)
            .filter { !$0.hasPrefix("LOCATION:") }.map { $0.drop(while: \.isWhitespace) }
        var message = lines.joined(separator: "; ")
        var state: SQLState?
        if let mark = message.firstRange(of: ":  ") {
            let code = message[mark.upperBound...].prefix(5)
            let isCode = code.count == 5 && code.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) }
            if isCode, message[code.endIndex...].hasPrefix(": ") {
                state = SQLState(rawValue: String(code))
                message.replaceSubrange(mark.lowerBound..<message.index(code.endIndex, offsetBy: 2), with: ": ")
            }
        }
        let advice = state == nil ? Self.advice(on: message) : nil
        self.init(
            .connecting,
            (message.isEmpty ? "\(settings.description) cannot be reached" : message) + (advice.map { "; \($0)" } ?? ""), sqlState: state)
        isAboutSettings = advice != nil
    }

    /// Which setting to look at, where libpq does not get as far as the server's answer. It tells these cases by their words alone.
    private static func advice(on message: String) -> String? {
        let all: [(String, String)] = [
            (
                "certificate verify failed",
                "the server's certificate is not signed by an authority in `sslrootcert`: name the file of the one that signed it"
            ),
            ("does not match host name", "`sslmode=verify-full` wants the certificate's name as `host`; `hostaddr` can hold the address"),
            ("root certificate file", "see `sslrootcert` and `sslmode`"),
            ("does not support SSL", "`sslmode` asks for TLS: turn it on in the server, or allow for less"),
            ("certificate file", "see `sslcert`"), ("private key file", "see `sslkey`"), ("invalid sslmode", "see `sslmode`"),
        ]
        return all.first { message.contains($0.0) }?.1
    }
}
