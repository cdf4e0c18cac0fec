import Foundation
import Sluice
import SluicePlatform

/// Few customers and a short training, so that it takes a second.
enum SmallChurn {
  static func csv(_ count: Int = 240, seed: UInt64 = 1) -> String {
    var sample = SampleChurn(seed: seed)
    sample.customers = count
    return sample.csv()
  }

  /// Several rows for each customer; who leaves uses less and less.
  static func events(_ customers: Int, seed: UInt64) -> String {
    var generator = PhiloxGenerator(RandomStream(seed: seed, stream: 7))
    var text = "user,day,kind,usage,churn\n"
    for customer in 0..<customers {
      let falls = generator.uniform() < 0.4
      let isGone = generator.uniform() < 0.1 ? !falls : falls
      let usage = (0..<(2 + generator.index(below: 7))).map { _ in generator.index(below: 100) }
      for (day, amount) in usage.sorted(by: falls ? (>) : (<)).enumerated() {
        let kind = ["call", "data"][generator.index(below: 2)]
        text += "u\(customer),2024-01-0\(day + 1),\(kind),\(amount),\(isGone ? "yes" : "no")\n"
      }
    }
    return text
  }

  static let configuration = """
    batch_size: 32
    ensemble:
      folds: 2
      shuffles: 2
    model:
      hidden: 8
      token_size: 8
      head: 8
    training:
      epochs: 3
      learning_rate: 0.01
      checkpoint_every: 3

    """

  /// A folder that holds `customers.csv`, `others.csv` and `small.yaml`.
  static func folder() throws -> Folder {
    let folder = try Folder()
    try folder.write(csv(), to: "customers.csv")
    try folder.write(csv(60, seed: 2), to: "others.csv")
    try folder.write(configuration, to: "small.yaml")
    return folder
  }

  /// The arguments of a training of these.
  static func training(to output: String, _ more: String...) -> [String] {
    [
      "train", "churn", "--data", "customers.csv", "--config", "small.yaml", "--output", output,
      "--quiet",
    ] + more
  }
}
