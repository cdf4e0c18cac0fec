import FuzzTargets
import Testing

/// What fuzzing has found stays found: each kept input is tried again.
@Suite struct CorpusTests {
  @Test(arguments: FuzzTarget.all.map(\.name))
  func isAnsweredInTime(_ name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let corpus = try FuzzFolder.corpus(of: target)
    var taken = 0
    for (file, bytes) in corpus {
      let start = ContinuousClock.now
      if try target.run(bytes) { taken += 1 }
      // 2 s where optimised; these builds are not, and the machine may be busy.
      #expect(ContinuousClock.now - start < .seconds(20), "\(file)")
    }
    // A seed that is refused would lead nowhere.
    #expect(taken > 0, "no input of \(corpus.count) is taken")
  }
}
