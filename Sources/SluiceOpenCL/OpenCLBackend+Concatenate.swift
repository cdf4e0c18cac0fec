import SluiceCompute

extension OpenCLBackend {
  /// A launch for every four parts.
  public func execute(_ operation: Concatenate) throws(ComputeError) {
    let parts = operation.parts.filter { $0.columns > 0 }
    var begin = 0
    let dropped = operation.dropout?.columns ?? 0..<0
    for first in stride(from: 0, to: parts.count, by: 4) {
      let own = Array(parts[first..<min(first + 4, parts.count)])
      let columns = own.reduce(0) { $0 + $1.columns }
      let output = operation.output.columns(begin..<(begin + columns))
      var arguments: KernelArguments = [:]
      var end = 0
      for number in 0..<4 {
        let part = number < own.count ? own[number] : nil
        end += part?.columns ?? 0
        arguments =
          arguments + [
            "part\(number)": .tensor(part?.input), "rows\(number)": .int(part?.input.rows ?? 1),
            "inner\(number)": .int(part?.input.columns ?? 1),
          ] + (number < 3 ? ["end\(number)": .int(end)] : [:])
      }
      try launch(
        "concatenate", count: output.count,
        arguments + [
          "output": .tensor(output), "columns": .int(columns), "count": .int(output.count),
          "drop_begin": .int(dropped.lowerBound - begin), "drop_columns": .int(dropped.count),
        ] + dropArguments(operation.dropout?.mask, over: output.rows * dropped.count))
      begin += columns
    }
  }

  public func execute(_ operation: ColumnsToSteps) throws(ComputeError) {
    let output = operation.output
    try launch(
      "columns_to_steps", count: output.count,
      [
        "input": .tensor(operation.input), "output": .tensor(output),
        "rows": .int(operation.input.rows), "columns": .int(output.columns),
        "count": .int(output.count), "accumulate": .bool(operation.accumulate),
      ])
  }
}
