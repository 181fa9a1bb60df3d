import Foundation
import Synchronization
import Testing

@testable import KafkaLog

@Suite struct HandleTests {
    private static var pointer: OpaquePointer { OpaquePointer(bitPattern: 1)! }

    @Test(.timeLimit(.minutes(5))) func whatIsUsedIsDestroyedAfterwards() async {
        let isFreed = Mutex(false)
        let handle = Handle(Self.pointer) { _ in isFreed.withLock { $0 = true } }
        let using = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)
        let wasFreed = Mutex<[Bool]>([])
        let threads = (0..<3).map { _ in
            let ended = Completion()
            Thread.detachNewThread {
                _ = handle.use { _ in
                    using.signal()
                    goOn.wait()
                    wasFreed.withLock { $0.append(isFreed.withLock { $0 }) }
                }
                ended.finish()
            }
            return ended
        }
        let destroyed = Completion()
        Thread.detachNewThread {
            for _ in 0..<3 { using.wait() }
            // From now on all use it, and nobody goes on before it is being destroyed.
            Thread.detachNewThread {
                while handle.use({ _ in }) != nil {}
                for _ in 0..<3 { goOn.signal() }
            }
            handle.destroy()
            destroyed.finish()
        }
        for thread in threads { await thread.wait() }
        await destroyed.wait()
        #expect(wasFreed.withLock { $0 } == [false, false, false])
        #expect(isFreed.withLock { $0 })
    }

    @Test func whatIsDestroyedIsUsedNoMoreAndDestroyedOnce() {
        let freed = Mutex(0)
        let handle = Handle(Self.pointer) { _ in freed.withLock { $0 += 1 } }
        #expect(handle.use { $0 } == Self.pointer)
        handle.destroy()
        handle.destroy()
        #expect(handle.use { _ in 1 } == nil)
        #expect(freed.withLock { $0 } == 1)
    }
}
