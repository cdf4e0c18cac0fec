import SluiceTasks
import Testing

@testable import SluiceTraining

/// How far a training is, at every width.
@Suite struct ProgressLineTests {
  /// The longest that occurs: an ensemble, a long metric, hours to go.
  private static func progress(
    step: Int = 838, number: Int = 3, count: Int = 12, seconds: Double = 3725,
    validation: [MetricValue] = [MetricValue("auc", 0.841234)]
  ) -> TrainingProgress {
    var progress = TrainingProgress(
      phase: "validate-3", epoch: 10, epochs: 25, step: step, totalSteps: 2225,
      learningRate: 1e-3, loss: 0.44512, sequencesPerSecond: 6664.2, secondsPerStep: 0.01,
      runSecondsLeft: seconds, validation: validation)
    (progress.phaseNumber, progress.phaseCount) = (number, count)
    return progress
  }

  @Test(arguments: 39...220) func fitsAndSaysTheMost(width: Int) {
    for seconds in [5.0, 125, 3725, 36_000] {
      for validation in [[], [MetricValue("auc", 0.84)], [MetricValue("held_out_error", 0.1)]] {
        let text = ProgressLine(Self.progress(seconds: seconds, validation: validation))
          .text(width: width)
        #expect(text.count <= width)
        #expect(text.hasPrefix("▕") && text.hasSuffix(" left"))
        #expect(text.contains("3/12") || text.contains("3 of 12"))
        #expect(text.contains("6,664"))
      }
    }
  }

  @Test func wide() {
    #expect(
      ProgressLine(Self.progress()).text(width: 200)
        == "▕█████                       ▏  validate-3, 3 of 12  epoch 10/25  AUC 0.8412  "
        + "loss 0.4451  6,664 sequences/s  1 h 02 min left")
  }

  @Test func narrow() {
    #expect(
      ProgressLine(Self.progress(seconds: 125)).text(width: 44)
        == "▕█        ▏ 3/12 AUC 0.841 6,664/s 2:05 left")
  }

  /// A single phase is not counted, and nothing is shown of what is not known yet.
  @Test func oneOfOne() {
    var progress = Self.progress(number: 1, count: 1, seconds: .infinity, validation: [])
    progress.loss = nil
    let text = ProgressLine(progress).text(width: 60)
    #expect(!text.contains("1/1") && !text.contains("loss") && text.contains("? left"))
  }

  @Test(arguments: [(0, 1, 0.0), (2225, 12, 1.0), (2225, 6, 0.5)])
  func barSpansAllPhases(step: Int, number: Int, share: Double) {
    let text = ProgressLine(Self.progress(step: step, number: number)).text(width: 200)
    #expect(text.count { $0 == "█" } == Int(28 * share))
  }

  @Test func sentence() {
    #expect(
      ProgressLine(Self.progress()).sentence
        == "19 %: validate-3, 3 of 12, epoch 10/25, step 838/2,225, AUC 0.8412, loss 0.4451, "
        + "6,664 sequences/s, 1 h 02 min left")
  }

  @Test func proseFoldsBetweenWords() {
    let text = "one two three four five six\n\nLayer   Kind                   Output\nshort"
    #expect(
      Format.folded(text, width: 20)
        == "one two three four\n  five six\n\nLayer   Kind                   Output\nshort")
    let long = String(repeating: "x", count: 50)
    #expect(Format.folded("a \(long) b", width: 20) == "a\n  \(long)\n  b")
    #expect(Format.folded(text, width: 80) == text)
  }
}
