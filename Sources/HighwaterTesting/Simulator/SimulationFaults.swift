/// The fault rates of one schedule, in permille. Drawn by its seed, many of them zero, so that schedules differ in kind.
struct SimulationFaults {
    var drop = 0
    var lostReport = 0
    var late = 0
    var twice = 0
    var storage = 0
    /// Of records that were stored and are refused for their size all the same.
    var size = 0
    /// Of chances to move at which the log takes larger or smaller batches from then on.
    var limit = 0
    /// Of chances to move that records on their way let pass, so that many are in flight.
    var lag = 0
    /// Of chances to move that the records of an abandoned producer let pass.
    var linger = 0
    var read = 0
    var load = 0
    var fold = 0
    var save = 0
    /// Of answers of a state store that take very long.
    var slow = 0
    var crash = 0
    var pause = 0
    /// Of assignments given to another host than the one they should go to.
    var misassign = 0

    /// None.
    init() {}

    init(_ random: inout SimulationRandom) {
        func draw(_ most: Int) -> Int {
            let severity = random.below(4)
            return severity == 0 ? 0 : most * severity * severity / 9
        }
        drop = draw(70)
        lostReport = draw(70)
        late = draw(90)
        twice = draw(200)
        storage = draw(30)
        size = draw(25)
        limit = draw(40)
        lag = draw(800)
        linger = draw(950)
        read = draw(80)
        load = draw(80)
        fold = draw(50)
        save = draw(150)
        slow = draw(400)
        crash = draw(8)
        pause = draw(20)
        misassign = draw(500)
    }
}
