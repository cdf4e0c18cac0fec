/// What somebody says about ratings of many values. R rows.
struct MeanAnswers {
  /// `[R]`
  var expected: [Double]
  /// `[R]`: p10 and p90; nil where none are given.
  var intervals: [ClosedRange<Double>]?
}

/// Forecasts of ratings of many values by two who had not learned from them. R rows.
struct MeanForecasts {
  /// `[R]`
  var ratings: [Double] = []
  /// `[R, K]`: the probability of each bin.
  var network: [Float] = []
  /// `[R]`
  var simpler: [Double] = []

  /// Some of the rows.
  subscript(rows: Range<Int>) -> MeanForecasts {
    let classes = network.count / max(1, ratings.count)
    return MeanForecasts(
      ratings: Array(ratings[rows]),
      network: Array(network[(rows.lowerBound * classes)..<(rows.upperBound * classes)]),
      simpler: Array(simpler[rows]))
  }

  static func + (first: MeanForecasts, second: MeanForecasts) -> MeanForecasts {
    MeanForecasts(
      ratings: first.ratings + second.ratings, network: first.network + second.network,
      simpler: first.simpler + second.simpler)
  }
}
