import Foundation

/// Runs `body` with the path of a file that holds `contents` and is gone afterwards.
func withFile<Result>(_ contents: String, ending: String = "yaml", _ body: (String) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: "operations-\(UUID().uuidString).\(ending)")
    try Data(contents.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
}
