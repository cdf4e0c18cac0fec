import Foundation
import SluiceTraining

extension EvaluationReport {
  /// A report as a run keeps it with its checkpoints: what is printed once is printed again after
  /// a resume, values in their order.
  private struct Stored: Codable {
    var task: String
    var rows: Int
    var metrics: [MetricValue]
    var baselines: [StoredBaseline]
    var notes: [String]
  }

  private struct StoredBaseline: Codable {
    var name: String
    var explanation: String
    var metrics: [MetricValue]
  }

  /// The report as text for a checkpoint's state.
  func stored() throws -> String {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let stored = Stored(
      task: task, rows: rows, metrics: metrics.values,
      baselines: baselines.map {
        StoredBaseline(name: $0.name, explanation: $0.explanation, metrics: $0.metrics.values)
      }, notes: notes)
    return String(decoding: try encoder.encode(stored), as: UTF8.self)
  }

  /// Reads what ``stored()`` gave.
  init(stored text: String) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let stored = try decoder.decode(Stored.self, from: Data(text.utf8))
    self.init(
      task: stored.task, rows: stored.rows, metrics: MetricSet(stored.metrics),
      baselines: stored.baselines.map {
        Baseline(
          name: $0.name, explanation: $0.explanation, metrics: MetricSet($0.metrics))
      }, notes: stored.notes)
  }
}
