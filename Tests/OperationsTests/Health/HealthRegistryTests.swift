import Foundation
import HighwaterTesting
import Operations
import Synchronization
import Testing

struct HealthRegistryTests {
    struct Failure: Error {}

    private static let commands = HealthPart("commands")
    private static let views = HealthPart("views")
    private static let projections = HealthPart("projections")

    /// A check that passes or fails as it is told.
    private final class Switch: Sendable {
        private let isOn: Atomic<Bool>

        init(_ isOn: Bool = true) { self.isOn = Atomic(isOn) }

        func turn(_ isOn: Bool) { self.isOn.store(isOn, ordering: .relaxed) }

        func add(_ name: String, of part: HealthPart, to health: HealthRegistry) {
            health.addCheck(name, of: part) { self.isOn.load(ordering: .relaxed) ? .passing("fine") : .failing("away") }
        }
    }

    private static func results(_ report: HealthReport) -> [String: HealthCheckResult] { report.checks.mapValues(\.result) }

    @Test func probesAndTheirChecks() async throws {
        let health = HealthRegistry(serving: [Self.commands])
        let isRecovered = Atomic(false)
        health.addCheck("writers", of: Self.commands) {
            isRecovered.load(ordering: .relaxed) ? .passing("8 of 8") : .failing("3 of 8 \"partitions\"")
        }
        #expect(await health.report(.live).json == #"{"status":"live","parts":{},"checks":{}}"#)
        #expect(await health.report(.live).isPassing)
        let failing = #""checks":{"writers":{"ok":false,"part":"commands","detail":"3 of 8 \"partitions\""}}}"#
        let starting = await health.report(.startup)
        #expect(starting.json == #"{"status":"starting","parts":{"commands":"not-ready"},"# + failing)
        #expect(!starting.isPassing)
        let notReady = await health.report(.ready)
        #expect(notReady.json == #"{"status":"not-ready","parts":{"commands":"not-ready"},"# + failing)
        #expect(!notReady.isPassing)
        isRecovered.store(true, ordering: .relaxed)
        #expect(await health.report(.startup).status == "started")
        let ready = await health.report(.ready)
        #expect(ready.isPassing)
        #expect(
            ready.json
                == #"{"status":"ready","parts":{"commands":"ready"},"checks":{"writers":{"ok":true,"part":"commands","detail":"8 of 8"}}}"#)
    }

    /// What serves commands stays in service while the views are away, and the other way round.
    @Test func onePartThatIsReadyIsEnough() async {
        let health = HealthRegistry(serving: [Self.commands, Self.views])
        let (log, database, workers) = (Switch(), Switch(), Switch())
        log.add("log", of: Self.commands, to: health)
        database.add("database", of: Self.views, to: health)
        workers.add("workers", of: Self.projections, to: health)
        #expect(health.parts == [Self.commands, Self.projections, Self.views])
        #expect(await health.report(.ready).status == "ready")

        database.turn(false)
        var ready = await health.report(.ready)
        #expect(ready.isPassing && ready.status == "degraded")
        #expect(ready.parts == [Self.commands: true, Self.views: false, Self.projections: true])
        #expect(await health.report(of: Self.commands)?.isPassing == true)
        let views = await health.report(of: Self.views)
        #expect(views?.isPassing == false && views?.status == "not-ready")
        #expect(
            views?.json
                == #"{"status":"not-ready","parts":{"views":"not-ready"},"checks":{"database":{"ok":false,"part":"views","detail":"away"}}}"#
        )

        database.turn(true)
        log.turn(false)
        ready = await health.report(.ready)
        #expect(ready.isPassing && ready.status == "degraded")

        // The workers get no requests.
        database.turn(false)
        ready = await health.report(.ready)
        #expect(!ready.isPassing && ready.status == "not-ready")
        log.turn(true)
        database.turn(true)
        workers.turn(false)
        ready = await health.report(.ready)
        #expect(ready.isPassing && ready.status == "degraded")
        #expect(await health.report(of: HealthPart("none")) == nil)
    }

    /// Another instance answers what this one could answer, and more.
    @Test func anUnfitInstanceGetsNoRequests() async {
        let health = HealthRegistry(starting: [Self.commands], serving: [Self.commands, Self.views])
        let isReplaced = Atomic(false)
        health.addCheck("log", of: Self.commands) { isReplaced.load(ordering: .relaxed) ? .unfit("replaced") : .passing() }
        Switch().add("database", of: Self.views, to: health)
        #expect(await health.report(.ready).isPassing)
        isReplaced.store(true, ordering: .relaxed)
        let ready = await health.report(.ready)
        #expect(!ready.isPassing && ready.status == "not-ready")
        #expect(await health.report(of: Self.views)?.isPassing == true)
        #expect(await health.report(.startup).isPassing)
    }

    /// An instance of workers alone has nothing else to be ready for.
    @Test func whatGetsNoRequestsIsReadyWhereAllIs() async {
        let health = HealthRegistry()
        let (first, second) = (Switch(), Switch())
        first.add("first", of: Self.projections, to: health)
        second.add("second", of: Self.projections, to: health)
        #expect(await health.report(.ready).isPassing)
        second.turn(false)
        let ready = await health.report(.ready)
        #expect(!ready.isPassing && ready.status == "not-ready")
    }

    /// What has never been able to decide a command is no instance yet, though it could answer queries. What could once is one.
    @Test func startingIsForGood() async {
        let health = HealthRegistry(starting: [Self.commands], serving: [Self.commands, Self.views])
        let (log, database) = (Switch(false), Switch())
        log.add("log", of: Self.commands, to: health)
        database.add("database", of: Self.views, to: health)
        #expect(await !health.report(.startup).isPassing)
        let starting = await health.report(.ready)
        #expect(!starting.isPassing && starting.status == "not-ready")
        #expect(await health.report(of: Self.views)?.isPassing == true)
        log.turn(true)
        database.turn(false)
        let ready = await health.report(.ready)
        #expect(ready.isPassing && ready.status == "degraded")
        log.turn(false)
        let started = await health.report(.startup)
        #expect(started.isPassing && started.status == "started")
        #expect(Self.results(started) == ["log": .failing("away"), "database": .failing("away")])
        #expect(await !health.report(.ready).isPassing)
        database.turn(true)
        #expect(await health.report(.ready).isPassing)
    }

    @Test func aCheckThatThrowsFails() async {
        let health = HealthRegistry()
        health.addCheck("log", of: Self.commands) { throw Failure() }
        #expect(Self.results(await health.report(.ready)) == ["log": .failing("Failure()")])
        // The same name replaces.
        health.addCheck("log", of: Self.commands) { .passing() }
        #expect(await health.report(.ready).isPassing)
    }

    @Test func drainingMakesReadyFailAndNothingElse() async {
        let health = HealthRegistry(serving: [Self.commands])
        health.addCheck("log", of: Self.commands) { .passing() }
        #expect(!health.isDraining)
        #expect(await health.report(.startup).isPassing)
        health.beginDraining()
        for report in [await health.report(.ready), await health.report(of: Self.commands)] {
            #expect(report?.status == "draining" && report?.isPassing == false)
            #expect(report?.checks["draining"]?.result.isPassing == false)
        }
        #expect(await health.report(.startup).isPassing)
        #expect(await health.report(.live).isPassing)
    }

    @Test func leavingMakesReadyFailAndTurnsNothingAway() async {
        let health = HealthRegistry()
        #expect(await health.report(.ready).isPassing)
        health.beginLeaving()
        #expect(await health.report(.ready).status == "draining")
        #expect(await !health.report(.ready).isPassing)
        #expect(!health.isDraining)
    }

    @Test func aCheckThatHangsFailsAtItsTimeoutAndRunsOnce() async {
        let clock = ManualClock()
        let gate = Gate()
        let runs = Mutex(0)
        let health = HealthRegistry(clock: clock)
        health.addCheck("log", of: Self.commands, timeout: .seconds(3)) {
            runs.withLock { $0 += 1 }
            await gate.pass()
            return .passing("late")
        }
        for _ in 1...2 {
            async let report = health.report(.ready)
            await clock.sleepers(1)
            clock.advance(by: .seconds(3))
            #expect(Self.results(await report) == ["log": .failing("no answer within 3.0 seconds")])
        }
        #expect(runs.withLock { $0 } == 1)
        // It has come back to life: the run that is under way answers the next probe, or a new one does.
        gate.open()
        #expect(Self.results(await health.report(.ready)) == ["log": .passing("late")])
    }
}
