import Foundation
import SluiceCPU
import SluicePlatform
import SluiceTables
import SluiceTasks

extension FuzzTarget {
  static var sales: FuzzTarget { model("sales", of: SalesTask.self) }
  /// The recipe that learns what a decomposition leaves.
  static var residual: FuzzTarget { model("residual", of: SalesTask.self) }
  static var churn: FuzzTarget { model("churn", of: ChurnTask.self) }
  /// Customers with several rows each.
  static var history: FuzzTarget { model("history", of: ChurnTask.self) }
  static var reviews: FuzzTarget { model("reviews", of: ReviewsTask.self) }
  /// Reviews with scores of many values.
  static var means: FuzzTarget { model("means", of: ReviewsTask.self) }
  static var ratings: FuzzTarget { model("ratings", of: RatingsTask.self) }

  /// What was fitted to rows, which `preprocessing.json` of a model holds, and answers by it.
  ///
  /// The input is that file without what all have in common: task, format and checksums, which would
  /// refuse every change, stand before it.
  private static func model<Task: LearningTask>(_ name: String, of type: Task.Type) -> FuzzTarget {
    FuzzTarget("model-\(name)") { bytes in
      let stored = FuzzFolder.path("Models/\(name)")
      let folder = try ScratchFolder.shared.folder("model-\(name)")
      let files = try ["model.safetensors", "config.yaml"].map { file in
        let bytes = try FileReader.bytes(of: "\(stored)/\(file)")
        try ScratchFolder.write(bytes, to: "\(folder)/\(file)")
        return Checksum.hexadecimal(of: bytes)
      }
      let header =
        "{\"formatVersion\":1,\"task\":\"\(Task.name)\",\"weightsChecksum\":\"\(files[0])\","
        + "\"configurationChecksum\":\"\(files[1])\","
      try ScratchFolder.write(
        Array(header.utf8) + bytes.dropFirst(), to: "\(folder)/preprocessing.json")
      let model = try TrainedModel<Task>(folder: folder, on: CPUBackend(threads: 1))
      let rows = try Table.read("\(stored)/rows.csv")
      let truth = "\(stored)/truth.csv"
      // What one of them refuses the others may take.
      let asked = [
        { _ = try Task.predict(model, for: rows, Task.PredictionOptions()) },
        {
          _ = try Task.evaluate(
            model, on: FileReader.exists(truth) ? .read(truth) : rows, Task.EvaluationOptions())
        },
        { _ = try Task.predict(model, for: nil, Task.PredictionOptions()) },
      ]
      let refusals =
        try asked.compactMap { question in
          do {
            try question()
            return nil
          } catch let error as any SluiceError {
            return error
          }
        } as [any SluiceError]
      if refusals.count == asked.count { throw refusals[0] }
    }
  }
}

/// The folder of seeds, models and findings.
package enum FuzzFolder {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()

  package static func path(_ name: String) -> String { root.appending(path: name).path() }

  /// The inputs that are kept of a target: seeds, and all that was ever found.
  package static func corpus(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
    let folder = path("Corpus/\(target.name)")
    return try Folder.entries(of: folder).sorted().map {
      ("\(target.name)/\($0)", try FileReader.bytes(of: "\(folder)/\($0)"))
    }
  }
}
