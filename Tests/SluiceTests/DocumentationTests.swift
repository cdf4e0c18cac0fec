import Foundation
import Testing

/// Every public declaration says what it is.
@Suite struct DocumentationTests {
  private struct Graph: Decodable {
    struct Symbol: Decodable {
      struct Text: Decodable {}
      struct Location: Decodable {
        struct Position: Decodable { var line: Int }
        var uri: String
        var position: Position
      }
      var pathComponents: [String]
      var docComment: Text?
      var location: Location?
    }
    var symbols: [Symbol]
  }

  private static let modules = [
    "Sluice", "SluiceCompute", "SluiceNN", "SluiceTraining", "SluiceCPU", "SluiceOpenCL",
    "SluiceMPI",
    "SluiceTables", "SluiceTasks",
  ]

  /// The symbol graphs of the modules that have been built with these tests.
  private func graphs() throws -> [String: Graph] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("symbol-graphs")
    process.arguments = [
      URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path, folder.path,
    ]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["MODULES": Self.modules.joined(separator: " ")]) { $1 }
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    var graphs: [String: Graph] = [:]
    for file in try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    {
      graphs[file.lastPathComponent] = try JSONDecoder().decode(
        Graph.self, from: Data(contentsOf: file))
    }
    return graphs
  }

  @Test func everyPublicDeclarationIsDocumented() throws {
    let graphs = try graphs()
    #expect((graphs["Sluice.symbols.json"]?.symbols.count ?? 0) > 500)
    #expect((graphs["SluiceCompute.symbols.json"]?.symbols.count ?? 0) > 200)
    var missing: Set<String> = []
    for symbol in graphs.values.flatMap(\.symbols) {
      // What the compiler writes has no place in a file.
      guard symbol.docComment == nil, let location = symbol.location else { continue }
      let file = location.uri.split(separator: "/").last ?? ""
      missing.insert(
        "\(file):\(location.position.line + 1): \(symbol.pathComponents.joined(separator: "."))")
    }
    #expect(missing.isEmpty, "\(missing.sorted().joined(separator: "\n"))")
  }

  /// What users would have to tell from their own names and Foundation's stays out.
  @Test func theUmbrellaBringsNoOperations() throws {
    let graph = try #require(try graphs()["Sluice.symbols.json"])
    let names = Set(graph.symbols.compactMap(\.pathComponents.first))
    #expect(names.isSuperset(of: ["SequenceModel", "Tape", "Tensor", "Trainer", "Devices"]))
    let kept = [
      "Operation", "Copy", "Fill", "Loss", "Dropout", "MatrixProduct", "TextTable", "Table",
    ]
    #expect(names.isDisjoint(with: kept), "\(names.intersection(kept))")
  }
}
