import SluiceTables

extension TrainedModel<SalesTask> {
  /// By what the interval is as wide as it is.
  private enum IntervalGrounds {
    /// So many windows that were left out of the training.
    case windows(Double)
    /// What the network says: fewer windows could be left out than it takes.
    case fewWindows(fewest: Double)
    /// What the network says: nobody asked for more.
    case network
    /// Windows, of a version that did not say how many.
    case unknown
  }

  /// Nil where there is no interval.
  private var intervalGrounds: IntervalGrounds? {
    let quantiles = settings.model.quantiles
    guard let fewest = IntervalCalibration.fewestWindows(quantiles) else { return nil }
    if let calibration = fitted.mixture?.calibration.intervals ?? fitted.intervals {
      guard let windows = calibration.windows else { return .unknown }
      return calibration.isCertain(quantiles) ? .windows(windows) : .fewWindows(fewest: fewest)
    }
    return settings.model.calibrationNetwork ? .fewWindows(fewest: fewest) : .network
  }

  /// Whether the interval is calibrated, for the reader of a report; nil: nothing is known of it.
  var intervalNote: String? {
    switch intervalGrounds {
    case nil, .unknown: nil
    case .windows(let count):
      "the interval is calibrated on \(Int(count.rounded()).grouped) windows that were left out of the "
        + "training for that"
    case .fewWindows(let fewest):
      "the interval is not calibrated: the training data have fewer than \(Int(fewest)) windows to "
        + "leave out for that"
    case .network:
      "the interval is not calibrated, but as wide as the network says; "
        + "`model.calibration_network` trains one more to calibrate it by"
    }
  }

  /// What to make of an interval that does not hold.
  ///
  /// - Parameter cuts: At which it was looked at.
  func intervalHint(cuts: Int) -> String {
    switch intervalGrounds {
    case nil: ""
    case .windows, .unknown:
      "these steps are unlike those before them that it was calibrated on"
        + (cuts > 1 ? "" : ", and `folds` tells whether that is the rule")
    case .fewWindows:
      "it could not be calibrated, for want of windows to leave out: give more past, or choose a "
        + "shorter `horizon`"
    case .network: "`model.calibration_network` trains one more network to calibrate it by"
    }
  }
}
