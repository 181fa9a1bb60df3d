import Foundation
import HighwaterTesting
import Operations
import Synchronization
import Testing

struct HealthRegistryTests {
    struct Failure: Error {}

    @Test func probesAndTheirChecks() async throws {
        let health = HealthRegistry()
        let hasStarted = Mutex(false)
        health.addCheck("recovered", for: .startup) { hasStarted.withLock { $0 } ? .passing("8 of 8") : .failing("3 of 8 \"partitions\"") }
        health.addCheck("log") { .passing("reachable") }
        #expect(await health.report(.live).json == #"{"status":"live","checks":{}}"#)
        #expect(await health.report(.live).isPassing)
        let starting = await health.report(.startup)
        #expect(starting.json == #"{"status":"starting","checks":{"recovered":{"ok":false,"detail":"3 of 8 \"partitions\""}}}"#)
        #expect(!starting.isPassing)
        let notReady = await health.report(.ready)
        #expect(notReady.status == "not-ready" && !notReady.isPassing)
        #expect(Set(notReady.checks.keys) == ["recovered", "log"])
        hasStarted.withLock { $0 = true }
        #expect(await health.report(.startup).status == "started")
        let ready = await health.report(.ready)
        #expect(ready.isPassing)
        #expect(
            ready.json
                == #"{"status":"ready","checks":{"log":{"ok":true,"detail":"reachable"},"recovered":{"ok":true,"detail":"8 of 8"}}}"#)
    }

    /// What it has to wait for at the start may be lost later on, to all instances at once: that alone takes none of them out of service.
    @Test func startingIsForGood() async {
        let health = HealthRegistry()
        let hasOwners = Atomic(false)
        let isReachable = Atomic(true)
        health.addCheck("owners", for: .startup) { hasOwners.load(ordering: .relaxed) ? .passing() : .failing("1 of 8 has no owner") }
        health.addCheck("log") { isReachable.load(ordering: .relaxed) ? .passing() : .failing("away") }
        #expect(await !health.report(.ready).isPassing)
        hasOwners.store(true, ordering: .relaxed)
        #expect(await health.report(.ready).isPassing)
        hasOwners.store(false, ordering: .relaxed)
        #expect(await health.report(.startup).status == "started")
        let ready = await health.report(.ready)
        #expect(ready.isPassing && ready.status == "ready")
        #expect(ready.checks["owners"] == .failing("1 of 8 has no owner"))
        isReachable.store(false, ordering: .relaxed)
        #expect(await !health.report(.ready).isPassing)
    }

    @Test func aCheckThatThrowsFails() async {
        let health = HealthRegistry()
        health.addCheck("log") { throw Failure() }
        #expect(await health.report(.ready).checks == ["log": .failing("Failure()")])
        // The same name replaces.
        health.addCheck("log") { .passing() }
        #expect(await health.report(.ready).isPassing)
    }

    @Test func drainingMakesReadyFailAndNothingElse() async {
        let health = HealthRegistry()
        health.addCheck("recovered", for: .startup) { .passing() }
        #expect(!health.isDraining)
        health.beginDraining()
        let ready = await health.report(.ready)
        #expect(ready.status == "draining" && !ready.isPassing)
        #expect(ready.checks["draining"]?.isPassing == false)
        #expect(await health.report(.startup).isPassing)
        #expect(await health.report(.live).isPassing)
    }

    @Test func aCheckThatHangsFailsAtItsTimeoutAndRunsOnce() async {
        let clock = ManualClock()
        let gate = Gate()
        let runs = Mutex(0)
        let health = HealthRegistry(clock: clock)
        health.addCheck("log", timeout: .seconds(3)) {
            runs.withLock { $0 += 1 }
            await gate.pass()
            return .passing("late")
        }
        for _ in 1...2 {
            async let report = health.report(.ready)
            await clock.sleepers(1)
            clock.advance(by: .seconds(3))
            #expect(await report.checks == ["log": .failing("no answer within 3.0 seconds")])
        }
        #expect(runs.withLock { $0 } == 1)
        // It has come back to life: the run that is under way answers the next probe, or a new one does.
        gate.open()
        #expect(await health.report(.ready).checks == ["log": .passing("late")])
    }
}
