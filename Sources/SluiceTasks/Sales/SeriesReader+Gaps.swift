extension SeriesReader {
  /// Lists the first ten steps at which a series that has begun has no row.
  func refuseGaps(_ rowOfCell: [Int32], _ set: SeriesSet) throws(TableError) {
    var count = 0
    var affected = 0
    var listed: [String] = []
    for series in 0..<keys.count {
      let before = count
      for step in set.firstStep[series]..<stepCount
      where rowOfCell[series * stepCount + step] < 0 {
        count += 1
        if listed.count < 10 {
          listed.append("\(set.dateText(step)) of \(set.name(of: series))")
        }
      }
      if count > before { affected += 1 }
    }
    guard count > 0 else { return }
    let more = count > listed.count ? " and \(count - listed.count) more" : ""
    throw table.error(
      what: "\(count) \(count == 1 ? "row is" : "rows are") missing in \(affected) of "
        + "\(keys.count) series, at a step of one \(grid.step.name): "
        + listed.joined(separator: "; ") + more,
      remedy: "Add the rows; or choose --gaps zero if nothing was sold then, --gaps interpolate to "
        + "fill from the neighbours.")
  }

  /// Reads the target; empty cells count as missing rows where gaps are filled.
  func fillTargets(
    _ set: inout SeriesSet, _ rowOfCell: [Int32], _ gaps: GapPolicy
  ) throws(TableError) {
    let column = try table.column(columns.target)
    if gaps == .interpolate {
      set.interpolated = [Bool](repeating: false, count: keys.count * stepCount)
    }
    for series in 0..<keys.count {
      let base = series * stepCount
      // The last step with a value of its own.
      var last: Int?
      for step in set.firstStep[series]..<stepCount {
        let row = Int(rowOfCell[base + step])
        if row < 0 || (gaps != .error && column.isEmpty(row)) {
          set.filledCount += 1
          if gaps == .interpolate { set.interpolated[base + step] = true }
          continue
        }
        let value = try self.value(column, row, gaps)
        set.values[base + step] = value
        if gaps == .interpolate {
          let from = last ?? set.firstStep[series]
          let start = last == nil ? value : set.values[base + from]
          for between in from..<step where between != last {
            let part = Float(between - from) / Float(step - from)
            set.values[base + between] = start + (value - start) * part
          }
        }
        last = step
      }
      if gaps == .interpolate, let last {
        for step in last + 1..<max(stepCount, last + 1) {
          set.values[base + step] = set.values[base + last]
        }
      }
    }
    if set.filledCount == 0 { set.interpolated = [] }
  }

  private func value(
    _ column: TableColumn, _ row: Int, _ gaps: GapPolicy
  ) throws(TableError) -> Float {
    if column.isEmpty(row) {
      throw column.error(
        row, what: "the cell of column \"\(column.name)\" is empty; a number is needed",
        remedy: "Fill it in; or choose --gaps zero if nothing was sold then, --gaps interpolate to "
          + "fill from the neighbours.")
    }
    let value = try column.float(row)
    guard value >= 0 else {
      throw column.error(
        row, what: "\(column.string(row)) in column \"\(column.name)\" is negative",
        remedy: "Sales are counted from 0 up: set the cell to 0, or keep returns in a table of "
          + "their own.")
    }
    return value
  }

  /// Reads the further known columns. Steps without a row hold the value before them, or the first
  /// there is.
  func fillCovariates(_ set: inout SeriesSet, _ rowOfCell: [Int32]) throws(TableError) {
    let count = columns.covariates.count
    guard count > 0 else { return }
    set.covariates = [Float](repeating: 0, count: keys.count * stepCount * count)
    for (c, name) in columns.covariates.enumerated() {
      let column = try table.column(name)
      for series in 0..<keys.count {
        var held: Float?
        for step in 0..<stepCount {
          let cell = series * stepCount + step
          let row = Int(rowOfCell[cell])
          if row >= 0 {
            let value = try column.float(row)
            if held == nil {
              for earlier in 0..<step {
                set.covariates[(series * stepCount + earlier) * count + c] = value
              }
            }
            held = value
          }
          set.covariates[cell * count + c] = held ?? 0
        }
      }
    }
  }
}
