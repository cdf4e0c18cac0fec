import SluiceTables

extension SeriesReader {
  /// Steps without a row, between two rows of a series or behind its last.
  private struct Gap {
    var series: Int
    var steps: Range<Int>
    /// The row before it.
    var row: Int
  }

  /// Lists the first ten gaps: steps at which a series that has begun has no row.
  func refuseGaps(_ rowOfCell: [Int32], _ set: SeriesSet) throws(TableError) {
    let gaps = findGaps(rowOfCell, set)
    guard !gaps.isEmpty else { return }
    if let stray = strayDate(beyond: 1) { throw stray }
    let count = gaps.reduce(0) { $0 + $1.steps.count }
    let listed = gaps.prefix(10)
    let unlisted = count - listed.reduce(0) { $0 + $1.steps.count }
    let places = listed.map { gap in
      let first = set.dateText(gap.steps.lowerBound)
      let range =
        gap.steps.count > 1 ? "\(first) to \(set.dateText(gap.steps.upperBound - 1))" : first
      return range + SeriesSet.suffix(columns.series, keys[gap.series])
        + " (behind line \(table.line(of: gap.row)))"
    }
    let affected =
      columns.series.isEmpty
      ? "" : " in \(Set(gaps.map(\.series)).count) of \(keys.count) series"
    let weekends = weekendSteps(gaps)
    let areWeekends = weekends > 3 && weekends * 10 >= count * 8
    throw table.error(
      what: "\(count) \(count == 1 ? "row is" : "rows are") missing\(affected), at a step of one "
        + "\(grid.step.name): " + places.joined(separator: "; ")
        + (unlisted > 0 ? " and \(unlisted) more" : "")
        + (areWeekends ? "; \(weekends) of them are Saturdays and Sundays" : ""),
      remedy: areWeekends
        ? "If nothing is sold on days without a row, choose `data.gaps: zero`; `data.gaps: interpolate` fills "
          + "from the neighbours."
        : "Add the rows; or choose `data.gaps: zero` if nothing was sold then, `data.gaps: interpolate` to "
          + "fill from the neighbours.")
  }

  private func findGaps(_ rowOfCell: [Int32], _ set: SeriesSet) -> [Gap] {
    var gaps: [Gap] = []
    for series in 0..<keys.count {
      var row = 0
      var isOpen = false
      for step in set.firstStep[series]..<stepCount {
        let own = Int(rowOfCell[series * stepCount + step])
        if own >= 0 {
          row = own
          isOpen = false
        } else if isOpen {
          gaps[gaps.count - 1].steps = gaps[gaps.count - 1].steps.lowerBound..<step + 1
        } else {
          gaps.append(Gap(series: series, steps: step..<step + 1, row: row))
          isOpen = true
        }
      }
    }
    return gaps
  }

  /// How many of the missing days are Saturdays or Sundays.
  private func weekendSteps(_ gaps: [Gap]) -> Int {
    guard grid.step == .day else { return 0 }
    return gaps.reduce(0) { sum, gap in
      sum + gap.steps.count { grid.timestamp(at: $0).date.weekday >= 5 }
    }
  }

  /// What is wrong where the first or the last date lies further from all others than `factor`
  /// times the time from the first to the last of those: a slip of the pen, as a rule.
  func strayDate(beyond factor: Int) -> TableError? {
    let order = steps.indices.sorted { steps[$0] < steps[$1] }
    guard order.count > 2 else { return nil }
    let last = order.count - 1
    func distance(_ a: Int, _ b: Int) -> Int { steps[order[b]] - steps[order[a]] }
    let stray: Int
    let rest: (first: Int, last: Int)
    if distance(0, 1) / factor > distance(1, last) {
      (stray, rest) = (0, (1, last))
    } else if distance(last - 1, last) / factor > distance(0, last - 1) {
      (stray, rest) = (last, (0, last - 1))
    } else {
      return nil
    }
    func text(_ k: Int) -> String { dates.format.string(dates.levels[order[k]]) }
    return table.error(
      row: dates.firstRows[order[stray]],
      column: table.places[columns.date] ?? 0,
      what: "\(text(stray)) lies far from all other dates, which run from \(text(rest.first)) to "
        + text(rest.last),
      remedy: "Correct the date, or remove the row.")
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
        remedy:
          "Fill it in; or choose `data.gaps: zero` if nothing was sold then, `data.gaps: interpolate` to "
          + "fill from the neighbours.")
    }
    return try column.float(row)
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
