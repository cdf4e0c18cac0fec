import Foundation
import Testing

import SluiceSettings
import SluiceTraining

@Suite struct ScheduleTests {
  private func factors(_ schedule: LearningRateSchedule, _ count: Int, of total: Int) -> [Double] {
    (0..<count).map { schedule.factor(step: $0, of: total, plateau: PlateauState()) }
  }

  private func expectClose(_ actual: [Double], _ expected: [Double]) {
    #expect(actual.count == expected.count)
    for (a, b) in zip(actual, expected) { #expect(abs(a - b) < 1e-10) }
  }

  @Test func constantAndStep() {
    expectClose(factors(.constant, 3, of: 3), [1, 1, 1])
    // PyTorch's StepLR(step_size=3, gamma=0.5).
    expectClose(
      factors(.step(every: 3, factor: 0.5), 8, of: 8), [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25])
  }

  @Test func cosineWithWarmup() {
    let total = 300
    let actual = factors(.cosine(warmup: 30, final: 0.1), total, of: total)
    expectClose(
      actual,
      (0..<total).map { i in
        min(1, Double(i + 1) / 30)
          * (0.1 + 0.9 * 0.5 * (1 + cos(Double.pi * Double(i) / Double(total))))
      })
    expectClose(
      factors(.cosine(warmup: 0, final: 0), 5, of: 4),
      [1, 0.853553390593, 0.5, 0.146446609407, 0])
  }

  /// Values of PyTorch's OneCycleLR.
  @Test func oneCycle() {
    expectClose(
      factors(
        .oneCycle(warmupFraction: 0.3, initialDivisor: 25, finalDivisor: 1e4), 19, of: 20),
      [
        0.04, 0.1316718427, 0.3716718427, 0.6683281573, 0.9083281573, 1, 0.987464006235,
        0.950484632013, 0.890916177571, 0.81174565395, 0.716943001791, 0.611262021936, 0.500002,
        0.388741978064, 0.283060998209, 0.18825834605, 0.109087822429, 0.0495193679865,
        0.0125399937649,
      ])
    expectClose(
      factors(
        .oneCycle(warmupFraction: 0.4, initialDivisor: 10, finalDivisor: 100), 9, of: 10),
      [
        0.1, 0.325, 0.775, 1, 0.93307968919, 0.75025, 0.5005, 0.25075, 0.0679203108097,
      ])
    for factor in factors(
      .oneCycle(warmupFraction: 0, initialDivisor: 25, finalDivisor: 10), 1, of: 1)
    {
      #expect(factor.isFinite)
    }
  }

  /// Values of PyTorch's ReduceLROnPlateau.
  @Test func reduceOnPlateau() {
    let low = LearningRateSchedule.reduceOnPlateau(
      factor: 0.5, patience: 2, minimum: 0.2, metric: nil, mode: .minimum)
    expectClose(
      run(
        low,
        [
          1.0, 0.9, 0.95, 0.9, 0.91, 0.92, 0.8, 0.8, 0.8, 0.8, 0.8, 0.79995, 0.81, 0.8, 0.5, 0.6,
        ]), [1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2])
    let high = LearningRateSchedule.reduceOnPlateau(
      factor: 0.1, patience: 1, minimum: 0, metric: nil, mode: .maximum)
    expectClose(
      run(high, [0.1, 0.2, 0.2, 0.2, 0.19, 0.3, 0.3, 0.3]), [1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1])
  }

  private func run(_ schedule: LearningRateSchedule, _ values: [Double]) -> [Double] {
    var state = PlateauState()
    return values.map { value in
      defer { state.observe(value, under: schedule) }
      return schedule.factor(step: 0, of: 1, plateau: state)
    }
  }
}

@Suite struct ConfigurationTests {
  private func roundTrip(_ value: TrainerConfiguration) throws -> TrainerConfiguration {
    try SettingsReader(SettingsText.yaml(of: value), name: "written")
      .settings(over: TrainerConfiguration(), isComplete: true)
  }

  /// JSON is YAML.
  private func decode(_ json: String) throws -> TrainerConfiguration {
    try SettingsReader(json, name: "given").settings(over: TrainerConfiguration())
  }

  @Test func roundTrips() throws {
    var configuration = TrainerConfiguration()
    configuration.clipNorm = 1
    configuration.weightAverage = WeightAverageConfiguration(decay: 0.99, warmup: false)
    configuration.earlyStopping = EarlyStoppingConfiguration(metric: "auc", mode: .maximum)
    configuration.onNaN = .rollback
    let schedules: [LearningRateSchedule] = [
      .constant, .step(every: 5, factor: 0.3), .cosine(warmup: 30, final: 0.01),
      .oneCycle(warmupFraction: 0.2, initialDivisor: 10, finalDivisor: 100),
      .reduceOnPlateau(factor: 0.5, patience: 3, minimum: 0.1, metric: "mse", mode: .maximum),
      .reduceOnPlateau(factor: 0.5, patience: 3, minimum: 0.1, metric: nil, mode: .minimum),
    ]
    let optimizers: [OptimizerConfiguration] =
      [
        .sgd(momentum: 0.9, nesterov: true), .rmsprop(decay: 0.9, epsilon: 1e-6),
        .adam(beta1: 0.8, beta2: 0.99, epsilon: 1e-7),
      ] + OptimizerConfiguration.Algorithm.allCases.map { OptimizerConfiguration($0) }
    for schedule in schedules {
      for optimizer in optimizers {
        configuration.schedule = schedule
        configuration.optimizer = optimizer
        #expect(try roundTrip(configuration) == configuration)
      }
    }
  }

  @Test func whatIsLeftOutHasItsDefault() throws {
    #expect(try decode("{}") == TrainerConfiguration())
    let short = try decode(#"{"optimizer": "adamw", "schedule": "cosine", "clip_norm": null}"#)
    #expect(short.optimizer == .adamW())
    #expect(short.schedule == .cosine(warmup: 0, final: 0))
  }

  @Test(arguments: OptimizerConfiguration.Algorithm.allCases)
  func everyOptimizerIsConfiguredByName(_ algorithm: OptimizerConfiguration.Algorithm) throws {
    func optimizer(_ json: String) throws -> OptimizerConfiguration {
      try decode(#"{"optimizer": \#(json)}"#).optimizer
    }
    let (name, standard) = (algorithm.definition.name, OptimizerConfiguration(algorithm))
    #expect(try optimizer(#""\#(name)""#) == standard)
    #expect(try optimizer(#"{"name": "\#(name)"}"#) == standard)
    for (index, constant) in algorithm.definition.constants.enumerated() {
      let ends = constant.isFlag ? ["false", "true"] : ["\(constant.range.lowerBound)", "0.25"]
      for (text, value) in zip(ends, [constant.range.lowerBound, constant.isFlag ? 1 : 0.25]) {
        let read = try optimizer(#"{"name": "\#(name)", "\#(constant.name)": \#(text)}"#)
        var expected = standard.values
        expected[index] = value
        #expect(read.algorithm == algorithm && read.values == expected)
      }
      #expect(throws: SettingError.self) {
        try optimizer(#"{"name": "\#(name)", "\#(constant.name)": 1.5}"#)
      }
    }
    #expect(throws: SettingError.self) { try optimizer(#"{"name": "\#(name)", "rho": 0.1}"#) }
  }

  @Test(arguments: [
    #"{"epochs": 0}"#, #"{"learning_rate": -1}"#, #"{"clip_norm": 0}"#, #"{"on_nan": "ignore"}"#,
    #"{"schedule": "cosin"}"#, #"{"schedule": {"name": "cosine", "every": 3}}"#,
    #"{"optimizer": {"name": "adam", "momentum": 0.9}}"#,
    #"{"optimizer": {"name": "adam", "beta1": 1}}"#, #"{"early_stopping": {"patience": 0}}"#,
    #"{"early_stopping": {"patients": 3}}"#, #"{"weight_average": {"decay": 1}}"#,
    #"{"log_every": 0}"#, #"{"gradient_accumulation": 0}"#,
  ])
  func whatMakesNoSenseIsRefused(_ json: String) {
    #expect(throws: SettingError.self) { try decode(json) }
  }
}
