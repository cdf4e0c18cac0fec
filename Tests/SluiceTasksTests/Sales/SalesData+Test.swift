@testable import SluiceTasks

extension SalesData {
  init(series: [String]? = nil, covariates: [String] = []) {
    self.init()
    self.series = series
    self.covariates = covariates
  }
}
