import Foundation
import Testing

/// `evaluate` without data scores what the model's run held out.
struct HeldOutEvaluationTests {
  private func notes(_ run: Sluice.Run) throws -> [String] {
    try #require(try run.json()["notes"] as? [String])
  }

  /// The scores are those that `train` reported, to the bit, whether the model has learned from all rows
  /// since or not.
  @Test(arguments: [[], ["--no-refit"]])
  func theHeldOutRowsAreScoredAgain(_ more: [String]) throws {
    let folder = try SmallSales.folder()
    let arguments = SmallSales.training(to: "run", "--json") + more
    let trained = try Sluice.run(arguments, in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let before = try folder.files(of: "run")
    let run = try Sluice.run("evaluate", "--model", "run/model", "--json", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let reported = try #require(try trained.json()["validation"] as? NSDictionary)
    let scored = try run.json() as NSDictionary
    for key in ["metrics", "baselines", "rows"] {
      #expect(scored[key] as? NSObject == reported[key] as? NSObject, "\(key)")
    }
    let notes = try notes(run)
    #expect(notes[0].contains(folder.path("sales.csv")), "\(notes)")
    #expect(notes[0].contains("learned from all rows") == more.isEmpty, "\(notes)")
    #expect(
      notes.contains { $0.contains("\(SmallSales.date(146)) to \(SmallSales.date(159))") },
      "\(notes)")
    #expect(try folder.files(of: "run") == before, "nothing in the run's folder is changed")
  }

  @Test func ensemblesAreScoredOutOfFold() throws {
    let folder = try SmallChurn.folder()
    let trained = try Sluice.run(SmallChurn.training(to: "run", "--json"), in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let run = try Sluice.run("evaluate", "--model", "run/model", "--json", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let reported = try #require(try trained.json()["validation"] as? NSDictionary)
    #expect(try run.json()["metrics"] as? NSObject == reported["metrics"] as? NSObject)
    #expect(try notes(run)[0].contains("had not learned from it"))
    let refused = try Sluice.run(
      "evaluate", "--model", "run/model", "--threshold", "0.5", in: folder)
    #expect(refused.status == 64)
    #expect(refused.errors.contains("--threshold is for rows that are given"))
    #expect(refused.errors.contains("--data"))
  }

  @Test func aGeneratedSampleIsKnownToo() throws {
    let folder = try SmallSales.folder()
    let trained = try Sluice.run(
      "train", "sales", "--config", "small.yaml", "--output", "run", "--quiet", in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let run = try Sluice.run("evaluate", "--model", "run/model", "--json", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try notes(run)[0].contains("generated sample"))
    try folder.write("changed", to: "run/sample.csv")
    let changed = try Sluice.run("evaluate", "--model", "run/model", in: folder)
    #expect(changed.status == 1)
    #expect(changed.errors.contains("sample.csv"))
  }

  /// What cannot be scored says why, and with which flag it can.
  @Test func dataThatAreGoneOrOthersAreRefused() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 0)
    func refused(_ model: String, _ part: String) throws {
      let run = try Sluice.run("evaluate", "--model", model, in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains(part), "\(run.errors)")
      #expect(run.errors.contains("--data"), "\(run.errors)")
    }
    let files = FileManager.default
    try files.copyItem(atPath: folder.path("run/model"), toPath: folder.path("model"))
    try refused("model", "does not lie in the folder of its run")
    let text = try folder.text("sales.csv")
    try folder.write(text + "2020-06-09,9,9,1\n", to: "sales.csv")
    try refused("run/model", "has changed")
    try files.removeItem(atPath: folder.path("sales.csv"))
    try refused("run/model", "is gone")
    try folder.write(text, to: "sales.csv")
    #expect(try Sluice.run("evaluate", "--model", "run/model", in: folder).status == 0)
    // By its values, not by its bytes: another version may have begun it.
    let settings = try folder.text("run/config.yaml")
    try folder.write("# A note.\n" + settings, to: "run/config.yaml")
    #expect(try Sluice.run("evaluate", "--model", "run/model", in: folder).status == 0)
    try folder.write(
      settings.replacingOccurrences(of: "hidden: 8", with: "hidden: 9"), to: "run/config.yaml")
    try refused("run/model", "is not of the run")
  }

  @Test func runsThatHeldNothingOutSaySo() throws {
    let folder = try SmallSales.folder()
    let arguments = SmallSales.training(to: "run", "--validation", "0")
    #expect(try Sluice.run(arguments, in: folder).status == 0)
    let run = try Sluice.run("evaluate", "--model", "run/model", in: folder)
    #expect(run.status == 1)
    #expect(run.errors.contains("held no rows out") && run.errors.contains("--data"))
  }
}

extension Folder {
  /// The names of all files in a folder with their bytes.
  fileprivate func files(of name: String) throws -> [String: Data] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: path(name))
    return try Dictionary(
      uniqueKeysWithValues: names.compactMap { file in
        var isFolder: ObjCBool = false
        let path = path("\(name)/\(file)")
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
          !isFolder.boolValue
        else { return nil }
        return (file, try bytes("\(name)/\(file)"))
      })
  }
}
