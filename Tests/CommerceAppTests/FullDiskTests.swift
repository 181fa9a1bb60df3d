import Foundation
import Testing

extension AppTests {
    /// A disk that is full is told as such, and what is stored can be read.
    @Suite(.enabled(if: SmallDisk.isPossible, "mounting is not allowed here")) struct FullDiskTests {
        /// With little room left, SQLite says "disk I/O error" instead.
        @Test(.timeLimit(.minutes(5)), arguments: ["HIGHWATER_LOG", "HIGHWATER_READ_MODEL"], [0, 16])
        func atTheStart(_ setting: String, leaving kilobytes: Int) async throws {
            let commerce = try Installation([setting: "sqlite:disk/file.sqlite"])
            let disk = try SmallDisk(commerce.file("disk"), kilobytes: 256)
            try disk.fill(leaving: kilobytes)
            let output = try await commerce.run("up")
            #expect(output.status == 1)
            #expect(output.errors.contains("disk/file.sqlite") && output.errors.contains("the disk is full"), "\(output.errors)")
            #expect(!output.errors.contains("permission") && !output.errors.contains("disk fails"), "\(output.errors)")
        }

        @Test(.timeLimit(.minutes(5))) func ofTheStateStoresAtTheStart() async throws {
            let commerce = try Installation(["HIGHWATER_STATE": "disk/state"])
            let disk = try SmallDisk(commerce.file("disk"), kilobytes: 2048)
            try disk.fill(leaving: 16)
            try await commerce.up(waits: false) { server in
                let line = try #require(await server.process.standardError.first { $0.contains("cannot take ordering/") })
                #expect(line.contains("disk/state") && line.contains("the disk is full"), "\(line)")
                let refused = try await server.place("1")
                #expect(refused.status == 503 && refused.json["detail"].text?.contains("disk/state") == false, "\(refused.text)")
                disk.free()
                try await eventually("the partitions are taken") { try await server.place("1").status == 201 }
            }
        }

        @Test(.timeLimit(.minutes(5))) func streamsAreReadWhileTheLogTakesNothing() async throws {
            let commerce = try Installation(["HIGHWATER_LOG": "sqlite:disk/log.sqlite", "HIGHWATER_PARTITIONS": "1"])
            let disk = try SmallDisk(commerce.file("disk"), kilobytes: 2048)
            func expectReadable(_ server: Server, at position: String) async throws {
                let state = try await server.get("/v1/order/1", headers: ["Highwater-Position": position])
                #expect(state.status == 200 && state.header("ETag") == "\"1\"", "\(state.text)")
                let events = try await server.get("/v1/order/1/events")
                #expect(events.status == 200 && events.json["events"].elements.count == 1, "\(events.text)")
                #expect(try await server.get("/v1/order/none").status == 404)
            }
            let position = try await commerce.up { server in
                let position = try #require(try await server.place("1").position)
                try disk.fill()
                let refused = try await server.place("2")
                #expect(refused.status == 503 && refused.json["detail"].text?.contains("disk is full") == true, "\(refused.text)")
                #expect(refused.header("Retry-After") != nil)
                try await expectReadable(server, at: position)
                // A position that it cannot know of is not pretended to be reached.
                let beyond = try await server.get("/v1/order/1", headers: ["Highwater-Position": "ordering/0@99", "Prefer": "wait=0"])
                #expect(beyond.status == 503, "\(beyond.text)")
                return position
            }
            // Killed and started again, it cannot claim the partition. What is there, it shows.
            try await commerce.up(waits: false) { server in
                try await eventually("the log has refused a claim") { try await server.get("/v1/order/1").status == 200 }
                try await expectReadable(server, at: position)
                #expect(try await server.place("2").status == 503)
                disk.free()
                try await eventually("there is room again") { try await server.place("2").status == 201 }
                #expect(try await commerce.events().count == 2)
            }
        }
    }
}
