import HighwaterCLI
import Synchronization
import Testing

@Suite struct ProgressLineTests {
    private func written(isTerminal: Bool, _ body: (ProgressLine) -> Void) -> [String] {
        let written = Written()
        body(ProgressLine(isTerminal: isTerminal, write: written.add))
        return written.all
    }

    @Test func aBarIsForTerminals() {
        let shown = written(isTerminal: true) {
            $0.show("rows: fold", done: 0.5, "7 events")
            $0.end()
        }
        #expect(shown == ["\r\u{1B}[Krows: fold [############............] 50 %, 7 events", "\r\u{1B}[K"])
    }

    @Test func elsewhereThereArePlainLines() {
        let shown = written(isTerminal: false) {
            $0.show("rows: fold", done: 0.5, "7 events")
            $0.end()
        }
        #expect(shown == ["rows: fold 50 %, 7 events\n"])
    }

    @Test(arguments: [(-1, "0 %"), (0, "0 %"), (0.999, "99 %"), (1, "100 %"), (7, "100 %")] as [(Double, String)])
    func whateverIsDoneFitsTheBar(_ fraction: Double, _ percentage: String) {
        let shown = written(isTerminal: true) { $0.show("rows", done: fraction, "7 events") }
        #expect(shown.first?.hasSuffix("] \(percentage), 7 events") == true, "\(shown)")
    }
}

private final class Written: Sendable {
    private let texts = Mutex<[String]>([])

    var all: [String] { texts.withLock { $0 } }

    func add(_ text: String) { texts.withLock { $0.append(text) } }
}
