import SluiceCompute
import SluiceNN
import SluiceSettings
import SluiceTables
import Testing

@testable import SluiceTasks

/// Plain stacks of layers in place of the task's own network.
struct ChurnStackTests {
  private static let plain: [StackLayer] = [
    .lstm(12, sequences: true), .lstm(12), .dense(units: 1, activation: .sigmoid),
  ]

  private static func small(
    _ layers: [StackLayer], _ change: (inout ChurnSettings) -> Void = { _ in }
  ) -> ChurnSettings {
    ChurnModelTests.small {
      $0.model.stack = StackConfiguration(layers)
      change(&$0)
    }
  }

  private static func csv(_ customers: Int, seed: UInt64) -> String {
    var sample = SampleChurn(seed: seed)
    sample.customers = customers
    return sample.csv()
  }

  /// One sigmoid unit by cross-entropy, one linear unit by squared error: both find who leaves, and
  /// both give probabilities that can be taken at their word.
  @Test(arguments: [StackActivation.sigmoid, .linear])
  func theSeedFindsWhoLeaves(activation: StackActivation) throws {
    let layers = Self.plain.dropLast() + [.dense(units: 1, activation: activation)]
    let (report, model, _) = try ChurnModelTests.train(
      Self.small(Array(layers)), Self.csv(1200, seed: 1))
    #expect(model.networks.count == 3)
    #expect(model.networks[0].network.reader is ChurnStack)
    let scored = try model.evaluate(Table(csv: Self.csv(800, seed: 2)))
    for metrics in [report.metrics, scored.metrics] {
      #expect(try #require(metrics["auc"]) > 0.79, "\(metrics)")
      #expect(try #require(metrics["calibration_error"]) < 0.08, "\(metrics)")
    }
    let prediction = try model.predict(Table(csv: Self.csv(60, seed: 3)), explains: true)
    let reasons = try #require(prediction.reasons)
    #expect(reasons.allSatisfy { $0.count == 3 })
    // What matters the most in this sample is named the most.
    let strongest = reasons.map { $0[0].column }
    let telling: Set = ["Contract", "tenure", "InternetService", "TotalCharges", "MonthlyCharges"]
    #expect(strongest.count { telling.contains($0) } > 40, "\(strongest)")
    #expect(prediction.probabilities.allSatisfy { $0 > 0 && $0 < 1 })
  }

  /// A history is read row by row, in time: what decides here is whether usage falls.
  @Test func readsHistories() throws {
    var generator = PhiloxGenerator(RandomStream(seed: 9, stream: 1))
    func events(_ customers: Int) -> String {
      var text = "user,day,usage,churned\n"
      for customer in 0..<customers {
        let isGone = generator.uniform() < 0.4
        let usage = (0..<(3 + generator.index(below: 6))).map { _ in generator.index(below: 100) }
        for (day, amount) in usage.sorted(by: isGone ? (>) : (<)).enumerated() {
          text += "u\(customer),2024-01-0\(day + 1),\(amount),\(isGone ? 1 : 0)\n"
        }
      }
      return text
    }
    let (report, model, _) = try ChurnModelTests.train(
      Self.small([.lstm(12), .dense(units: 1, activation: .sigmoid)]), events(500),
      ChurnData(id: ["user"], time: "day"))
    #expect(report.rows == 500)
    let area = try #require(try model.evaluate(Table(csv: events(200))).metrics["auc"])
    #expect(area > 0.95, "\(area)")
  }

  @Test func theSameBitsTwice() throws {
    let csv = Self.csv(300, seed: 3)
    let settings = Self.small(Self.plain) { $0.training.epochs = 2 }
    let files = try [1, 2].map { threads in
      try ChurnModelTests.train(settings, csv, threads: threads).files
    }
    #expect(files[0] == files[1])
  }

  /// Log-odds of a linear unit rise with it everywhere, and leave probabilities as they are.
  @Test func valuesBecomeLogits() {
    let logits = stride(from: -0.5, through: 1.5, by: 0.01).map(ChurnOutput.value.logit)
    #expect(zip(logits, logits.dropFirst()).allSatisfy { $0 < $1 })
    #expect(logits.allSatisfy { $0.isFinite })
    for probability in [0.1, 0.5, 0.9] {
      #expect(
        abs(Logit.probability(ChurnOutput.value.logit(probability)) - probability) < 1e-12)
    }
    // Without a bend where the line begins.
    let step = 1e-6
    for border in [0.05, 0.95] {
      let values = [border - step, border, border + step].map(ChurnOutput.value.logit)
      #expect(abs((values[2] - values[1]) / (values[1] - values[0]) - 1) < 1e-3)
    }
    #expect(ChurnOutput.logit.logit(-7) == -7)
  }

  @Test(
    arguments: [
      [.embedding(size: 8), .lstm(8), .dense(units: 1, activation: .sigmoid)],
      [.lstm(8), .dense(units: 2, activation: .softmax)],
      [.lstm(8), .dense(units: 3, activation: .linear)],
      [.lstm(8)],
    ] as [[StackLayer]])
  func whatIsNoNetworkIsRefused(layers: [StackLayer]) throws {
    let error = #expect(throws: SettingError.self) { try Self.small(layers).validate() }
    #expect(error?.setting == "model.stack")
  }

  @Test func layersThatDoNotFollowEachOtherAreRefused() throws {
    let layers: [StackLayer] = [.lstm(8), .lstm(8), .dense(units: 1, activation: .sigmoid)]
    let error = #expect(throws: StackError.self) {
      try ChurnModelTests.train(Self.small(layers), Self.csv(60, seed: 4))
    }
    #expect("\(error, default: "")".contains("`sequences: true`"))
  }

  @Test func squaredErrorsTakeNoWeight() throws {
    let weighted = Self.small([.lstm(8), .dense(units: 1, activation: .linear)]) {
      $0.decision.positiveWeight = 3
    }
    let error = #expect(throws: SettingError.self) { try weighted.validate() }
    #expect(error?.setting == "decision.positive_weight")
  }

  @Test func aStackIsReadFromYAML() throws {
    let yaml = """
      model:
        stack:
          - lstm: {units: 8, bidirectional: true}
          - dense: {units: 1, activation: sigmoid}
      """
    let settings = try SettingsReader<ChurnSettings>(yaml, name: "s.yaml")
      .settings(over: ChurnTask.standard)
    #expect(settings.model.stack.layers.count == 2)
    let again = try SettingsReader<ChurnSettings>(
      SettingsText.yaml(of: settings), name: "again.yaml"
    )
    .settings(over: ChurnTask.standard, isComplete: true)
    #expect(again == settings)
    #expect(try ChurnTask.recipe("stack").model.stack.layers.count == 3)
    #expect(try ChurnTask.recipe("default") == ChurnTask.standard)
  }
}
