import Testing

/// `predict` over dates that a model was trained on.
struct FittedSalesTests {
  @Test func datesOfTheTrainingAreAnsweredWhenAsked() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 0)
    let refused = try Sluice.run(
      "predict", "--model", "run/model", "--data", "sales.csv", in: folder)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("--fitted"), "\(refused.errors)")

    let run = try Sluice.run(
      "predict", "--model", "run/model", "--data", "sales.csv", "--fitted", "--output", "f.csv",
      in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("Wrote 560 fitted values"), "\(run.errors)")
    let lines = try folder.lines("f.csv")
    #expect(lines[0] == "date,store,item,sales,prediction,p10,p90")
    #expect(lines.count == 1 + 4 * 160)
    let rows = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    // 160 days are 11 horizons of 14 days and 6 days; the first two cut-offs have 6 and 20 days of past.
    for (index, row) in rows.enumerated() {
      #expect(row[4...].allSatisfy(\.isEmpty) == (index % 160 < 20), "\(row)")
    }
    #expect(run.errors.contains("80 rows lie too near"))

    // The last horizon is what `evaluate` scores: the same forecasts.
    let evaluated = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "sales.csv", "--json", in: folder)
    let metrics = try #require(try evaluated.json()["metrics"] as? [String: Double])
    let last = rows.enumerated().filter { $0.offset % 160 >= 146 }.map(\.element)
    let errors = try last.map {
      abs(try #require(Double($0[3])) - (try #require(Double($0[4]))))
    }
    let mae = try #require(metrics["mae"])
    #expect(abs(errors.reduce(0, +) / Double(errors.count) - mae) < 1e-3)

    // Without a table: all that there is, in the same numbers.
    let all = try Sluice.run("predict", "--model", "run/model", "--fitted", in: folder)
    #expect(all.status == 0, "\(all.errors)")
    let listed = all.output.split(separator: "\n")
    #expect(listed.count == 1 + 4 * 140)
    #expect(listed[0] == "date,store,item,prediction,p10,p90")
    #expect(
      listed[1]
        == rows[20].enumerated().filter { $0.offset != 3 }.map(\.element).joined(separator: ","))
  }

  @Test func rowsAheadAreForecastAsEver() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 0)
    let days = [100, 159, 160, 173].map { "\(SmallSales.date($0)),2,1" }
    try folder.write("date,store,item\n" + days.joined(separator: "\n") + "\n", to: "ask.csv")
    try folder.write(
      "date,store,item\n" + days[2...].joined(separator: "\n") + "\n", to: "ahead.csv")
    let both = try Sluice.run(
      "predict", "--model", "run/model", "--data", "ask.csv", "--fitted", in: folder)
    let ahead = try Sluice.run("predict", "--model", "run/model", "--data", "ahead.csv", in: folder)
    #expect(both.status == 0 && ahead.status == 0, "\(both.errors)")
    #expect(
      both.output.split(separator: "\n").suffix(2) == ahead.output.split(separator: "\n").suffix(2))
    #expect(both.errors.isEmpty)
  }

  @Test func whatCannotBeFittedSaysWhy() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 0)
    func refused(_ status: Int32, _ parts: [String], _ arguments: String...) throws {
      let run = try Sluice.run(["predict", "--fitted"] + arguments, in: folder)
      #expect(run.status == status)
      for part in parts { #expect(run.errors.contains(part), "\(part) in: \(run.errors)") }
    }
    try folder.write("date,store,item\n2020-03-01,9,1\n", to: "new.csv")
    try refused(
      1, ["new.csv:2", "store 9, item 1", "not in the training data"], "--model", "run/model",
      "--data",
      "new.csv")
    try refused(64, ["--kaggle", "--fitted"], "--model", "run/model", "--kaggle")
    let other = SmallSales.training(to: "other", "--recipe", "residual", "--epochs", "1")
    let trained = try Sluice.run(
      other.filter { $0 != "--config" && $0 != "small.yaml" } + ["--horizon", "14"], in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    try refused(1, ["28 steps", "--recipe default"], "--model", "other/model")
  }
}
