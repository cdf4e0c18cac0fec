import Foundation
import SluicePlatform

/// Small tables and settings, so that a training takes a second.
enum SmallSales {
  /// Days of sales of `shops` × `goods` series from 2020-01-01 on: a level, a week and a little
  /// noise, all from a fixed sequence.
  static func csv(
    shops: Int = 2, goods: Int = 2, days: Int = 160, separator: String = ",",
    lineEnd: String = "\n"
  ) -> String {
    var lines = [["date", "store", "item", "sales"].joined(separator: separator)]
    var noise: UInt64 = 88_172_645_463_325_252
    for shop in 1...shops {
      for good in 1...goods {
        for day in 0..<days {
          noise ^= noise << 13
          noise ^= noise >> 7
          noise ^= noise << 17
          let level = 20 * shop + 10 * good
          let week = [0, 1, 2, 3, 5, 8, 6][day % 7]
          let sold = level + week + Int(noise % 5)
          lines.append([date(day), "\(shop)", "\(good)", "\(sold)"].joined(separator: separator))
        }
      }
    }
    return lines.joined(separator: lineEnd) + lineEnd
  }

  /// Day `day` of 2020 and on, as YYYY-MM-DD.
  static func date(_ day: Int) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
    let start = DateComponents(calendar: calendar, year: 2020, month: 1, day: 1).date ?? Date()
    let date = calendar.date(byAdding: .day, value: day, to: start) ?? start
    let parts = calendar.dateComponents([.year, .month, .day], from: date)
    return String(
      format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
  }

  /// A small network, a short training, many checkpoints.
  static let configuration = """
    horizon: 14
    batch_size: 8
    model:
      history: 14
      hidden: 8
      head: 8
      members: 1
    training:
      epochs: 2
      steps_per_epoch: 15
      checkpoint_every: 4
      schedule:
        name: cosine
        warmup: 5
        final: 0

    """

  /// A folder that holds `sales.csv` and `small.yaml`.
  static func folder() throws -> Folder {
    let folder = try Folder()
    try folder.write(csv(), to: "sales.csv")
    try folder.write(configuration, to: "small.yaml")
    return folder
  }

  /// The arguments of a training of these.
  static func training(to output: String, _ more: String...) -> [String] {
    [
      "train", "sales", "--data", "sales.csv", "--config", "small.yaml", "--output", output,
      "--quiet",
    ] + more
  }
}
