import Foundation
import SluicePlatform
import Testing

/// `sluice export`, as a user runs it.
struct ExportTests {
  private func trained() throws -> Folder {
    let folder = try SmallSales.folder()
    let run = try Sluice.run(
      SmallSales.training(to: "run", "--epochs", "1", "--no-refit", "--tensorboard"), in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(folder.exists("run/tensorboard/validate"))
    return folder
  }

  private func export(
    _ format: String, to output: String, _ more: String..., in folder: Folder
  ) throws -> Sluice.Run {
    try Sluice.run(
      ["export", "--model", "run/model", "--format", format, "--output", output] + more, in: folder)
  }

  @Test func whatIsWritten() throws {
    let folder = try trained()
    for (format, name) in [("onnx", "m.onnx"), ("torch", "t.py"), ("example", "e.safetensors")] {
      let run = try export(format, to: name, in: folder)
      #expect(run.status == 0 && run.output.isEmpty, "\(run.errors)")
      #expect(run.errors.contains(name) && folder.exists(name))
    }
    let about = try JSONSerialization.jsonObject(with: folder.bytes("m.json")) as? [String: Any]
    #expect(about?["task"] as? String == "sales" && about?["format_version"] as? Int == 1)
    #expect((about?["preprocessing"] as? [String: Any])?["series"] != nil)
    let inputs = (about?["inputs"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    let example = String(decoding: try folder.bytes("e.safetensors").prefix(4000), as: UTF8.self)
    #expect(inputs.contains("past") && inputs.allSatisfy { example.contains("\"\($0)\"") })
    #expect(example.contains("answers.forecast"))
    #expect(try folder.text("t.py").contains("\"run/model/model.safetensors\""))
    // Twice the same.
    let bytes = try folder.bytes("m.onnx")
    #expect(try export("onnx", to: "m.onnx", in: folder).status == 0)
    #expect(try folder.bytes("m.onnx") == bytes)
  }

  @Test func anEnsembleOfChurn() throws {
    let folder = try SmallChurn.folder()
    let run = try Sluice.run(
      "train", "churn", "--data", "customers.csv", "--config", "small.yaml", "--output", "run",
      "--quiet", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try export("onnx", to: "m.onnx", in: folder).status == 0)
    #expect(try export("torch", to: "m.py", in: folder).status == 0)
    #expect(
      try export("example", to: "e.safetensors", "--data", "others.csv", in: folder).status == 0)
    let lacking = try export("example", to: "e.safetensors", in: folder)
    #expect(lacking.status == 64 && lacking.errors.contains("Give the customers to score"))
  }

  @Test func whatIsRefused() throws {
    let folder = try trained()
    let unknown = try export("coreml", to: "m", in: folder)
    #expect(unknown.status == 64 && unknown.errors.contains("onnx"), "\(unknown.errors)")
    let rows = try export("onnx", to: "m.onnx", "--data", "sales.csv", in: folder)
    #expect(rows.status == 64 && rows.errors.contains("--format example"), "\(rows.errors)")
    let weights = try folder.bytes("run/model/model.safetensors")
    for output in ["run/model/model.safetensors", "run/model/preprocessing.onnx", "m.json"] {
      let over = try export("onnx", to: output, in: folder)
      #expect(over.status == 1 && over.errors.contains("Choose another --output"), "\(over.errors)")
    }
    #expect(try folder.bytes("run/model/model.safetensors") == weights)
    #expect(!folder.exists("m.json") && !folder.exists("run/model/preprocessing.onnx"))
    let outer = try Sluice.run(
      "export", "--model", "run", "--format", "onnx", "--output", "m.onnx", in: folder)
    #expect(outer.status == 1 && outer.errors.contains("Did you mean run/model?"))
    let csv = try Sluice.run(
      "export", "--model", "sales.csv", "--format", "onnx", "--output", "m.onnx", in: folder)
    #expect(csv.status == 1 && csv.errors.contains("sales.csv"), "\(csv.errors)")
    let nowhere = try export("onnx", to: "no/m.onnx", in: folder)
    #expect(nowhere.status == 1 && nowhere.errors.contains("no/m"), "\(nowhere.errors)")
  }
}
