import SluiceReport
import SluiceTraining

/// The metrics of one model or baseline, in the order in which they are shown.
package struct MetricSet: Hashable, Sendable, Encodable {
  /// Name and value; NaN where a metric cannot be computed.
  package var values: [MetricValue]

  package init(_ values: [MetricValue]) {
    self.values = values
  }

  package subscript(name: String) -> Double? {
    values.first { $0.name == name }?.value
  }

  /// As a report keeps them.
  var scores: [RunReport.Score] {
    values.map { RunReport.Score($0.title, $0.value, key: $0.name, aim: $0.aim) }
  }

  /// A key that is named by what it holds.
  struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// An object of name and value; what cannot be computed is null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try encode(into: &container)
  }

  func encode(into container: inout KeyedEncodingContainer<Key>) throws {
    for metric in values {
      let key = Key(stringValue: metric.name)
      if metric.value.isFinite {
        try container.encode(metric.value, forKey: key)
      } else {
        try container.encodeNil(forKey: key)
      }
    }
  }
}

extension MetricValue {
  /// As it stands above a column: `SMAPE %`, `AUC`.
  package var title: String {
    switch name {
    case "smape": "SMAPE %"
    case "mase": "MASE"
    case "mae": "MAE"
    case "rmse": "RMSE"
    case "r2": "R²"
    case "coverage_80": "p10–p90 covers"
    case "pinball": "pinball loss"
    case "auc": "AUC"
    case "average_precision": "average precision"
    case "f1": "F1"
    case "macro_f1": "macro-F1"
    case "log_loss": "log loss"
    case "brier": "Brier"
    case "calibration_error": "calibration error"
    case "held_out_error": "error on held-out windows"
    default: name
    }
  }

  /// Which values are good.
  package var aim: RunReport.Aim {
    switch name {
    case "r2", "auc", "average_precision", "accuracy", "f1", "macro_f1": .most
    case _ where name.hasPrefix("coverage_"):
      // `coverage_80` is of an interval that should hold 80 % of the true values.
      Int(name.dropFirst(9)).map { .nearest(Double($0) / 100) } ?? .most
    default: .least
    }
  }
}
