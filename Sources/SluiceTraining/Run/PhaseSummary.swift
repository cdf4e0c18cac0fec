import Foundation

/// What a phase of a run came to, besides its weights. `summary.json`.
public struct PhaseSummary: Codable, Hashable, Sendable {
  /// Optimizer steps that were done.
  public var steps: Int
  /// All micro-batches together.
  public var sequencesPerStep: Int
  /// The steps after which the weights were reached.
  public var bestStep: Int
  /// Time spent, all sessions together.
  public var seconds: Double
  /// The mean training loss since the last validation but one; NaN where there was none.
  public var trainingLoss: Double
  /// The validation metrics of the weights.
  public var validation: [MetricValue]
  /// Of the weights' file.
  var weightsChecksum = ""

  init(_ outcome: TrainingOutcome, sequencesPerStep: Int) {
    steps = outcome.steps
    self.sequencesPerStep = sequencesPerStep
    bestStep = outcome.bestStep
    seconds = outcome.seconds
    trainingLoss = outcome.trainingLoss ?? .nan
    validation = outcome.validation
  }

  /// Over the whole phase.
  public var sequencesPerSecond: Double {
    Double(steps * sequencesPerStep) / max(seconds, 1e-9)
  }

  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return Array(try encoder.encode(self))
  }

  /// - Throws: ``TrainingError`` where the file is damaged.
  init(decoding bytes: [UInt8], file: String) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      self = try decoder.decode(Self.self, from: Data(bytes))
    } catch {
      throw TrainingError("\(file): the file is damaged", remedy: "Train anew in another folder.")
    }
  }
}
