import ArgumentParser
import Sluice
import SluiceTables

extension PredictCommand {
  /// Says how likely each customer of the table is gone.
  func predictChurn(on backend: any Backend) throws {
    guard let data else {
      throw ValidationError("a churn model needs --data with the customers to score")
    }
    let churn = try ChurnModel(folder: model, on: backend)
    let prediction = try churn.predict(Table.read(data), explains: explain)
    try write(prediction.csv())
    if !quiet && !toStandardOutput { preview(churn, prediction) }
  }

  /// The customers who are likeliest gone.
  private func preview(_ churn: ChurnModel, _ prediction: ChurnPrediction) {
    let likeliest = prediction.likeliest(7)
    let identifiers = churn.preprocessing.columns.identifiers.prefix(1)
    var table = TextTable(
      (identifiers.first.map { [$0] } ?? ["customer"]) + prediction.columnNames)
    for customer in likeliest {
      table.add([prediction.name(of: customer)] + prediction.cells(customer))
    }
    for line in table.lines { Console.note("  " + line) }
    let gone = prediction.isGone.count { $0 }
    Console.note(
      "\nWrote \(Format.count(prediction.count)) customers to \(output), \(Format.count(gone)) of "
        + "them over the threshold of \(Format.decimal(churn.preprocessing.threshold, 3)); above, the "
        + "likeliest.")
  }
}
