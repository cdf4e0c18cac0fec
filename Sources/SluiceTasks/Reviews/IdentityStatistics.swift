import SluiceCompute
import SluiceNN

import SluicePlatform

/// How the reviews of each user, or of each item, differ from the mean: what is known of somebody
/// before their next review is read.
struct IdentityStatistics: Codable, Hashable, Sendable {
  /// Two numbers for each identity.
  static let featureCount = 2

  /// In order of first appearance.
  private let names: [String]
  /// The sum of the ratings' distances from the mean, in standard deviations.
  private let sums: [Float]
  private let counts: [Int32]
  /// Reviews at the mean that are added to each identity's own.
  private let shrinkage: Float
  private let places: [String: Int]

  private init(names: [String], sums: [Float], counts: [Int32], shrinkage: Float) {
    self.names = names
    self.sums = sums
    self.counts = counts
    self.shrinkage = shrinkage
    places = Dictionary(zip(names, names.indices), uniquingKeysWith: { a, _ in a })
  }

  /// Sums up the reviews of each identity. An empty name is nobody.
  ///
  /// - Parameters:
  ///   - identities: `[R]`, the name of every row.
  ///   - deviations: `[R]`, the rating's distance from the mean, in standard deviations.
  ///   - rows: Those that count.
  init(_ identities: [String], deviations: [Float], rows: [Int], shrinkage: Double) {
    var names: [String] = []
    var sums: [Float] = []
    var counts: [Int32] = []
    var places: [String: Int] = [:]
    for row in rows where !identities[row].isEmpty {
      let name = identities[row]
      let place = places[name] ?? names.count
      if place == names.count {
        places[name] = place
        names.append(name)
        sums.append(0)
        counts.append(0)
      }
      sums[place] += deviations[row]
      counts[place] += 1
    }
    self.init(names: names, sums: sums, counts: counts, shrinkage: Float(shrinkage))
  }

  /// Whether somebody was among the rows.
  func knows(_ name: String) -> Bool { places[name] != nil }

  /// The shrunken mean and the logarithm of the count; zeros for somebody new.
  func features(of name: String) -> [Float] {
    guard let place = places[name] else { return [0, 0] }
    return features(sum: sums[place], count: Int(counts[place]))
  }

  private func features(sum: Float, count: Int) -> [Float] {
    [2 * sum / (Float(count) + max(shrinkage, 1e-6)), log1p(Float(count)) / 2]
  }

  /// For each of the rows that were summed up, the features as they would be without the part of
  /// the rows that it lies in: what the network learns from must not hold the answer.
  ///
  /// - Returns: As many pairs as rows.
  func outOfFoldFeatures(
    _ identities: [String], deviations: [Float], rows: [Int], folds: Int, seed: UInt64
  ) -> [[Float]] {
    // "OOFS" in ASCII tells this stream from those of a model under the same seed.
    var generator = PhiloxGenerator(RandomStream(seed: seed, stream: 0x4F4F_4653))
    var order = Array(rows.indices)
    generator.shuffle(&order)
    var features = [[Float]](repeating: [0, 0], count: rows.count)
    for fold in 0..<folds {
      let part = order[(fold * order.count / folds)..<((fold + 1) * order.count / folds)]
      var own: [Int: (sum: Float, count: Int)] = [:]
      for index in part {
        guard let place = places[identities[rows[index]]] else { continue }
        own[place, default: (0, 0)].sum += deviations[rows[index]]
        own[place, default: (0, 0)].count += 1
      }
      for index in part {
        guard let place = places[identities[rows[index]]], let own = own[place] else { continue }
        features[index] = self.features(
          sum: sums[place] - own.sum, count: Int(counts[place]) - own.count)
      }
    }
    return features
  }

  private enum CodingKeys: String, CodingKey {
    case names, sums, counts, shrinkage
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let names = try values.decode([String].self, forKey: .names)
    let sums = try values.decode([Float].self, forKey: .sums)
    let counts = try values.decode([Int32].self, forKey: .counts)
    guard sums.count == names.count, counts.count == names.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .names, in: values, debugDescription: "\(names.count) names, \(sums.count) sums")
    }
    self.init(
      names: names, sums: sums, counts: counts,
      shrinkage: try values.decode(Float.self, forKey: .shrinkage))
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(names, forKey: .names)
    try values.encode(sums, forKey: .sums)
    try values.encode(counts, forKey: .counts)
    try values.encode(shrinkage, forKey: .shrinkage)
  }
}
