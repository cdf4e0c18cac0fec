import Foundation
import Testing

/// Files that Keras saved, as far as this machine can read them.
private enum KerasFiles {
  static func fixture(_ name: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/keras/\(name)")
  }

  /// Whether libhdf5 is here. `SLUICE_REQUIRE_HDF5=1` makes tests fail where they would be left out.
  static let canBeRead: Bool = {
    if ProcessInfo.processInfo.environment["SLUICE_REQUIRE_HDF5"] == "1" { return true }
    guard let folder = try? Folder(),
      let run = try? importing("both.keras", to: "m.safetensors", in: folder)
    else { return false }
    return !run.errors.contains("libhdf5")
  }()

  static func importing(
    _ name: String, to output: String, _ more: String..., in folder: Folder
  ) throws -> Sluice.Run {
    try Sluice.run(
      ["import", "--from", fixture(name).path, "--output", output] + more, in: folder)
  }
}

/// `sluice import`, as a user runs it, on files that Keras saved.
@Suite(.enabled(if: KerasFiles.canBeRead, "libhdf5 is not installed")) struct ImportTests {
  @Test func inAndOut() throws {
    let folder = try Folder()
    let run = try KerasFiles.importing("classes.keras", to: "m.safetensors", in: folder)
    #expect(run.status == 0 && run.output.isEmpty, "\(run.errors)")
    #expect(run.errors.contains("note: layer spatial_dropout1d"))
    #expect(run.errors.contains("Wrote m.safetensors."))
    for (format, name) in [("onnx", "m.onnx"), ("torch", "m.py"), ("keras", "m.keras")] {
      let run = try Sluice.run(
        "export", "--model", "m.safetensors", "--format", format, "--output", name, in: folder)
      #expect(run.status == 0 && folder.exists(name), "\(run.errors)")
    }
    // The way there and back changes nothing.
    let again = try Sluice.run(
      "import", "--from", "m.keras", "--output", "n.safetensors", in: folder)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try folder.bytes("m.safetensors") == folder.bytes("n.safetensors"))
    let wrong = try Sluice.run(
      "export", "--model", "m.safetensors", "--format", "keras", "--output", "m.h5", in: folder)
    #expect(wrong.status == 1 && wrong.errors.contains("end in .keras"), "\(wrong.errors)")
    #expect(!folder.exists("m.h5"))
  }

  @Test func layersFromAFile() throws {
    let folder = try Folder()
    func run(_ stack: String?) throws -> Sluice.Run {
      guard let stack else {
        return try KerasFiles.importing("values.weights.h5", to: "m.safetensors", in: folder)
      }
      try folder.write(stack, to: "stack.yaml")
      return try KerasFiles.importing(
        "values.weights.h5", to: "m.safetensors", "--config", "stack.yaml", in: folder)
    }
    let alone = try run(nil)
    #expect(alone.status == 1 && alone.errors.contains("Say it in --config"), "\(alone.errors)")
    let other = try run(
      "model:\n  stack: [{lstm: {units: 3, sequences: true}}, {lstm: 3}, {dense: 1}]\n")
    #expect(other.status == 1 && other.errors.contains("layers/lstm/cell/vars/0 is [2, 16]"))
    let fewer = try run("model:\n  stack: [{lstm: 4}, {dense: 1}]\n")
    #expect(fewer.status == 1 && fewer.errors.contains("not in the stack: layers/lstm_1"))
    let wrong = try run("model:\n  stack:\n    - conv: 3\n")
    #expect(wrong.status == 1 && wrong.errors.contains("stack.yaml:3"), "\(wrong.errors)")
    #expect(wrong.errors.contains("conv") && wrong.errors.contains("there are: embedding"))
    let none = try run("model: {}\n")
    #expect(none.status == 1 && none.errors.contains("names no layers"), "\(none.errors)")
    #expect(!folder.exists("m.safetensors"))
    let right = try run(
      "model:\n  stack:\n    - lstm: {units: 4, sequences: true}\n    - lstm: 3\n    - dense: 1\n")
    #expect(right.status == 0 && folder.exists("m.safetensors"), "\(right.errors)")
  }

  /// Whatever is wrong with a file, there is a message and no output; libhdf5, which crashes on some,
  /// says nothing by itself.
  @Test func damagedFiles() throws {
    let folder = try Folder()
    let whole = try Data(contentsOf: KerasFiles.fixture("sentiment.h5"))
    var damaged = [whole.prefix(0), whole.prefix(1000), whole.dropLast(7)]
    // The address of a group's names, and of a heap: libhdf5 1.10.8 reads beyond its memory.
    for places in [[(2127, 67), (20296, 16)]] as [[(Int, UInt8)]] {
      var bytes = whole
      for (place, value) in places { bytes[place] = value }
      damaged.append(bytes)
    }
    for (index, bytes) in damaged.enumerated() {
      try Data(bytes).write(to: folder.url("m.h5"))
      let run = try Sluice.run(
        "import", "--from", "m.h5", "--output", "m.safetensors", in: folder)
      #expect(run.status == 1 && run.output.isEmpty, "\(index): \(run.status) \(run.errors)")
      #expect(run.errors.hasPrefix("Error: m.h5: "), "\(index): \(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(index): \(run.errors)")
      #expect(!folder.exists("m.safetensors"))
    }
    let nothing = try Sluice.run("import", "--from", "no.h5", "--output", "m", in: folder)
    #expect(nothing.status == 1 && nothing.errors.contains("no.h5"), "\(nothing.errors)")
    let over = try Sluice.run("import", "--from", "m.h5", "--output", "./m.h5", in: folder)
    #expect(over.status == 1 && over.errors.contains("Choose another --output"), "\(over.errors)")
  }

  @Test func withoutTheLibrary() throws {
    let folder = try Folder()
    let fixture = KerasFiles.fixture("sentiment.h5").path
    let run = try Sluice.shell(
      "SLUICE_HDF5_LIBRARY=/no/libhdf5.so \"$SLUICE\" import --from '\(fixture)' --output m",
      in: folder)
    #expect(run.status == 1 && run.errors.contains("apt install libhdf5-103-1"), "\(run.errors)")
    #expect(run.errors.contains("/no/libhdf5.so") && !folder.exists("m"))
  }
}
