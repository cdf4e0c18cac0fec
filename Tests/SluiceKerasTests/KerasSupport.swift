import Foundation
import SluiceCPU
import SluiceNN
import SluicePlatform
import SluiceTraining
import TestSupport
import Testing

@testable import SluiceKeras

/// What tests of files of Keras share.
enum KerasFiles {
  /// Whether libhdf5 is here. `SLUICE_REQUIRE_HDF5=1` makes tests fail where they would be left out.
  static let canBeRead: Bool =
    ProcessInfo.processInfo.environment["SLUICE_REQUIRE_HDF5"] == "1" || HDF5Library.problem == nil

  static func backend() throws -> CPUBackend { try CPUBackend(threads: 1) }

  /// A model that Keras saved, with what it answers. A file of weights alone comes with its layers.
  struct Sample: CustomTestStringConvertible {
    var file: String
    var layers: [StackLayer] = []
    var remarks = 0
    var testDescription: String { file }
    var path: String { Fixture.path("keras/\(file)") }

    func read() throws -> KerasImport {
      try SequenceModel.keras(
        contentsOf: path, configuration: StackConfiguration(layers), on: backend())
    }

    /// Inputs and Keras' answers.
    func golden() throws -> (input: SequenceData, output: [Float]) {
      let golden = try Fixture("keras/\(file.prefix { $0 != "." })")
      let shape = try golden.shape("input")
      let input =
        shape.rank == 2
        ? try SequenceData(tokens: golden.integers("input"), shape: shape)
        : try SequenceData(golden.floats("input"), shape: shape)
      return (input, try golden.floats("output"))
    }
  }

  /// By every kind of file: of Keras 2's kind, deflated archives, and weights alone.
  static let samples = [
    Sample(file: "sentiment.h5"), Sample(file: "classes.keras", remarks: 1),
    Sample(file: "both.keras"), Sample(file: "steps.keras"), Sample(file: "gru.keras"),
    Sample(file: "simple.keras"),
    Sample(file: "values.weights.h5", layers: [.lstm(4, sequences: true), .lstm(3), .dense(1)]),
  ]

  static func distance(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).map { ($0 - $1).magnitude }.max() ?? 0 : .infinity
  }

  /// A folder that lasts as long as its owner.
  final class Folder {
    private let path: String

    init() throws {
      path = FileManager.default.temporaryDirectory.path + "/sluice-keras-\(UUID().uuidString)"
      try SluicePlatform.Folder.create(path)
    }

    deinit { try? SluicePlatform.Folder.remove(path) }

    /// Writes a file and gives its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
      try AtomicFile.write(bytes, to: "\(path)/\(name)")
      return "\(path)/\(name)"
    }
  }
}

/// The error that `body` throws, as people read it; empty where it throws none.
func complaint(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch { return "\(error)" }
}
