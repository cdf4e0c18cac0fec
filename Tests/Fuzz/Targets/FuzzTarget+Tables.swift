import SluicePlatform
import SluiceTables
import SluiceTasks

extension FuzzTarget {
  /// CSV files: their cells as text, numbers, dates and categories, and what each task makes of them.
  static var table: FuzzTarget {
    FuzzTarget("table") { bytes in
      let table = try Table(bytes: bytes, file: "table.csv")
      for index in 0..<min(table.columnCount, 16) {
        let column = table.column(at: index)
        _ = table.kind(of: index)
        _ = column.categories()
        _ = try? column.floats(empty: 0)
        if let times = try? column.timestamps() {
          _ = TimeGrid.find(times.levels, areNumbers: times.format.areNumbers)
        }
        if table.rowCount > 0 {
          _ = table.error(row: table.rowCount - 1, column: index, what: "", remedy: "")
        }
      }
      _ = (table.headerError, table.datesInHeader, table.numberDoubts(table.header))
      for task in Tasks.all { try read(table, by: task) }
    }
  }

  private static func read<Task: LearningTask>(_ table: Table, by type: Task.Type) throws {
    var settings = Task.standard
    if var short = settings as? SalesSettings {
      short.horizon = 2
      short.validation = 1
      short.model.history = 2
      settings = short as? Task.Settings ?? settings
    }
    do {
      let task = try Task(table, settings, asked: { $0 })
      _ = (task.roles, task.summary, task.remarks, task.unusedColumns)
      _ = try task.heldOut()
    } catch is any SluiceError {
    }
  }
}
