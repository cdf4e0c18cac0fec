import Testing

/// A choice that there is not is refused with the one that was probably meant.
struct MistypedTests {
  @Test(arguments: [
    ("trian", "Did you mean train?", "See 'sluice --help'"),
    ("help trian", "Did you mean train?", "See 'sluice --help'"),
    ("train sale --data x.csv", "Did you mean sales?", "See 'sluice train --help'"),
    ("help train sale", "Did you mean sales?", "See 'sluice train --help'"),
    ("train sales --recipe histry", "Did you mean history?", "See 'sluice train sales --help'"),
    ("train sales --gaps zer", "Did you mean zero?", "See 'sluice train sales --help'"),
    ("train churn --cell gur", "Did you mean gru?", "See 'sluice train churn --help'"),
    ("train sales --tune of", "Did you mean off?", "See 'sluice train sales --help'"),
    ("config sale", "Did you mean sales?", "See 'sluice config --help'"),
    ("config sales --recipe stak", "Did you mean stack?", "See 'sluice config --help'"),
    ("bench --shape sale", "Did you mean sales?", "See 'sluice bench --help'"),
    (
      "export --model m --format onn --output o", "Did you mean onnx?", "See 'sluice export --help'"
    ),
  ])
  func whatWasMeantIsAsked(_ line: String, _ question: String, _ help: String) throws {
    let run = try Sluice.run(line.split(separator: " ").map(String.init), in: Folder())
    #expect(run.status == 64)
    #expect(run.errors.contains(question), "\(run.errors)")
    #expect(run.errors.contains(help), "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  @Test func whatIsLikeNothingIsListed() throws {
    let run = try Sluice.run("train", "weather", in: Folder())
    #expect(run.status == 64)
    #expect(run.errors.contains("there is no command weather; there are sales, churn"))
    #expect(!run.errors.contains("Did you mean"))
  }

  @Test func helpOfACommandStillComes() throws {
    for line in [["help", "train", "sales"], ["train", "sales", "--help"], ["train", "-h"]] {
      let run = try Sluice.run(line, in: Folder())
      #expect(run.status == 0)
      #expect(run.output.contains("OVERVIEW"))
    }
  }

  @Test func devicesToo() throws {
    let run = try Sluice.run("train", "sales", "--device", "cup", in: Folder())
    #expect(run.status == 1)
    #expect(run.errors.contains("Did you mean cpu?"))
  }

  /// `gpu` is the first GPU of the list, or an error that says what there is instead.
  @Test func theFirstGPU() throws {
    let folder = try Folder()
    let listed = try Sluice.run("devices", "--json", in: folder).json()["devices"]
    let devices = try #require(listed as? [[String: Any]])
    let gpu = devices.first { $0["kind"] as? String == "gpu" && $0["usable"] as? Bool == true }
    let shown = try Sluice.run("devices", in: folder).output
    let run = try Sluice.run(
      "bench", "--device", "gpu", "--shape", "sales-2x50-b32", "--json", in: folder)
    guard let gpu else {
      #expect(shown.contains("gpu: there is none to use"))
      #expect(run.status == 1)
      for device in devices.dropFirst() {
        #expect(run.errors.contains(try #require(device["id"] as? String)), "\(run.errors)")
      }
      #expect(run.errors.contains("no GPU") || run.errors.contains("no device gpu"))
      return
    }
    let id = try #require(gpu["id"] as? String)
    #expect(shown.contains("gpu: \(id)"))
    let results = try #require(try run.json()["results"] as? [[String: Any]])
    #expect(results.allSatisfy { $0["device"] as? String == id })
  }
}
