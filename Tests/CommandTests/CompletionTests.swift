import ArgumentParser
import Foundation
import SluiceTasks
import Testing

@testable import SluiceCommand

/// What shells are offered. `Tests/check-completions` asks real ones.
struct CompletionTests {
  private let header = "date,store,unit price,\"a,b\",$(touch gone),x:y,it's"

  private func folder() throws -> Folder {
    let folder = try Folder()
    try folder.write(header + "\n2024-01-01,1,2,3,4,5,6\n", to: "sales.csv")
    try folder.write(header + "\n", to: "my file.csv")
    return folder
  }

  @Test func columnsAreThoseOfTheTable() throws {
    let folder = try folder()
    let names = ["date", "store", "unit price", "a,b", "$(touch gone)", "x:y", "it's"]
    func offered(_ words: [String], isList: Bool = false) -> [String] {
      Completion.columnNames(words, words.count - 1, isList: isList)
    }
    let line = ["sluice", "train", "sales"]
    let path = folder.path("sales.csv")
    #expect(offered(line + ["--data", path, "--target", ""]) == names)
    #expect(offered(line + ["--data=\(path)", "--target", ""]) == names)
    #expect(offered(line + ["--data", "=", path, "--target", ""]) == names)
    let other = folder.path("my file.csv")
    for typed in ["'\(other)'", "\"\(other)\"", other.replacing(" ", with: "\\ ")] {
      #expect(offered(line + ["--data", typed, "--target", ""]) == names, "\(typed)")
    }
    // Of a list: names with commas cannot be given, and what is there is not offered again.
    let rest = ["date", "unit price", "$(touch gone)", "x:y", "it's"]
    for typed in ["store,", "store,uni", "--series=store,"] {
      #expect(
        offered(line + ["--data", path, "--series", typed], isList: true)
          == rest.map { "store," + $0 }, "\(typed)")
    }
  }

  @Test func whatCannotBeReadOffersNothing() throws {
    let folder = try folder()
    try Data([0xC3, 0x28, 0x0A]).write(to: folder.url("bytes.csv"))
    try folder.write("", to: "empty.csv")
    for path in ["none.csv", ".", "bytes.csv", "empty.csv"] {
      let words = ["sluice", "--data", folder.path(path), "--target", ""]
      #expect(Completion.columnNames(words, 4, isList: false).isEmpty, "\(path)")
    }
    #expect(Completion.columnNames(["sluice", "--data"], 1, isList: false).isEmpty)
    #expect(Completion.columnNames(["sluice", "--target", ""], 2, isList: true).isEmpty)
  }

  /// Rows that are wrong do not matter, nor how many there are.
  @Test func onlyTheBeginningIsRead() throws {
    let folder = try Folder()
    try folder.write("a,b\n1,2,3\n", to: "ragged.csv")
    let row = "1;\u{E9}\n"
    try folder.write("a;b\n" + String(repeating: row, count: 40_000) + "\"", to: "long.csv")
    for name in ["ragged.csv", "long.csv"] {
      let words = ["sluice", "--data", folder.path(name), "--target", ""]
      #expect(Completion.columnNames(words, 4, isList: false) == ["a", "b"], "\(name)")
    }
  }

  @Test func namesAreWrittenAsTheShellTakesThem() {
    let names = ["store", "unit price", "it's", "$(x)", "x:y"]
    #expect(
      Completion.offered(names, to: .bash)
        == ["store", "'unit price'", "'it'\\''s'", "'$(x)'", "x:y"])
    #expect(
      Completion.offered(names, to: .zsh) == ["store", "unit price", "it's", "$(x)", "x\\:y"])
    #expect(Completion.offered(names, to: .fish) == names)
  }

  /// A new flag that names columns, or one that does not, must be seen here.
  @Test func flagsOfColumns() {
    let flags = Dictionary(
      uniqueKeysWithValues: Tasks.all.map { task in
        (task.name, task.flags.filter(\.namesColumns).map(\.name))
      })
    #expect(
      flags == [
        "sales": ["date", "series", "target", "covariates"],
        "churn": ["target", "id", "time", "ignore"],
        "reviews": ["text", "title", "target", "user", "item", "categories", "numbers", "ignore"],
        "ratings": ["target", "user", "item", "time", "numbers", "ignore"],
      ])
  }

  @Test func theRealCommandAnswers() throws {
    let folder = try folder()
    func asked(_ words: String...) throws -> [String] {
      let run = try Sluice.run(["---completion"] + words, in: folder)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      return run.output.split(separator: "\n").map(String.init)
    }
    let columns = try asked(
      "train", "sales", "--", "--target", "6", "0", "sluice", "train", "sales", "--data",
      "sales.csv", "--target", "")
    #expect(columns.prefix(3) == ["date", "store", "unit price"])
    let devices = try asked(
      "train", "sales", "--", "--device", "4", "0", "sluice", "train", "sales", "--device", "")
    #expect(devices.prefix(4) == ["auto", "cpu", "gpu", "opencl"])
    if let id = TestDevice.id { #expect(devices.contains(id)) }
    let recipes = try asked(
      "config", "--", "--recipe", "4", "0", "sluice", "config", "churn", "--recipe", "")
    #expect(recipes == ChurnTask.recipes.map(\.name))
  }

  @Test func scriptsAreMadeForEveryShell() throws {
    let folder = try folder()
    for shell in ["bash", "zsh", "fish"] {
      let run = try Sluice.run("--generate-completion-script", shell, in: folder)
      #expect(run.status == 0 && run.errors.isEmpty)
      #expect(run.output.contains("---completion"))
      #expect(run.output.contains("COMP_WORDBREAKS=") == (shell == "bash"))
    }
  }
}
