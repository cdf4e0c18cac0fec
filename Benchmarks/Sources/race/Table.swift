import Foundation
import Sluice
import SluiceCPU

/// The report as Markdown.
struct Table {
  private let options: Options
  private let roundCount: Int
  private let ours: [String: [Measurement]]
  private let single: [String: [Measurement]]
  private let peers: [String: [Measurement]]

  init(
    _ options: Options, rounds: Int, ours: [String: [Measurement]], single: [String: [Measurement]],
    peers: [String: [Measurement]]
  ) {
    self.options = options
    self.roundCount = rounds
    self.ours = ours
    self.single = single
    self.peers = peers
  }

  private var device: String { ours.values.first?.first?.device ?? "CPU" }

  /// `amd-epyc-avx-512-2-threads`.
  var fileName: String {
    device.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
  }

  /// The most that any process measured: what the processor does when nothing else runs.
  private func peak(_ measurements: [String: [Measurement]]) -> Double {
    measurements.values.joined().compactMap(\.peak).max() ?? 0
  }

  private func median(_ measurements: [Measurement]?, _ shape: RaceShape) -> Double? {
    let times = (measurements ?? []).compactMap { $0.results[shape.name] }.sorted()
    return times.isEmpty ? nil : times[(times.count - 1) / 2]
  }

  private func least(_ measurements: [Measurement]?, _ shape: RaceShape) -> Double? {
    (measurements ?? []).compactMap { $0.results[shape.name] }.min()
  }

  var text: String {
    let version = peers.values.first?.first?.version.map { "PyTorch \($0)" }
    let day = ISO8601DateFormatter().string(from: Date()).prefix(10)
    var lines = [
      "# \(device)", "",
      "\(day). A step is forward, mean squared error on Linear(H → 1) of the last output, backward, "
        + "Adam. Milliseconds per step at \(options.threads) threads: medians over "
        + "\(roundCount) rounds of the medians over \(options.seconds) s; "
        + (version.map { "ours and \($0) take turns." } ?? "the peer was left out."),
      "`make bench` makes this table.", "",
      "| shape | ours | all rounds | PyTorch | all rounds | ratio | ratio of the best | "
        + "share of peak | 1 thread ÷ \(options.threads) | memory, MiB | PyTorch's |",
      "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    var ratios: [Double] = []
    var bestRatios: [Double] = []
    for shape in options.shapes {
      guard let mine = median(ours[shape.name], shape), let best = least(ours[shape.name], shape),
        let alone = least(single[shape.name], shape)
      else { continue }
      let peer = median(peers[shape.name], shape)
      let bestPeer = least(peers[shape.name], shape)
      if let peer { ratios.append(peer / mine) }
      if let bestPeer { bestRatios.append(bestPeer / best) }
      let rate = best * 1e6 * max(1, peak(ours))
      let left = ours[shape.name]?.first?.operations?[shape.name] ?? shape.operations
      var share = percent(shape.operations / rate)
      if left < shape.operations { share += " (\(percent(left / rate)))" }
      lines.append(
        "| "
          + [
            shape.name, number(mine), rounds(ours[shape.name], shape), number(peer),
            rounds(peers[shape.name], shape), ratio(peer, mine), ratio(bestPeer, best),
            share, ratio(alone, best),
            number(memory(ours[shape.name])), number(memory(peers[shape.name])),
          ].joined(separator: " | ") + " |")
    }
    lines += ["", "Multiply-add peak, measured: \(number(peak(ours))) GFLOP/s; one thread "]
    lines[lines.count - 1] += "\(number(peak(single))). The share of it is that of the best round, "
    lines.append(
      "counted in the operations of the network as it is written; in brackets, where an ")
    lines.append("embedding folds into the layer above it, in the operations that are left.")
    if !ratios.isEmpty {
      lines.append(
        "Geometric mean of the ratios: \(number(mean(ratios))); of the best rounds: "
          + "\(number(mean(bestRatios))).")
    }
    return (lines + [""] + breakdown).joined(separator: "\n") + "\n"
  }

  private func percent(_ share: Double) -> String {
    "\(Int((share * 100).rounded())) %"
  }

  /// Where a step's time goes, one thread, the least of all rounds; with the share of their sum.
  private var breakdown: [String] {
    let names = [
      "clear gradients", "recurrent forward", "head and loss", "recurrent backward", "optimizer",
    ]
    var lines = [
      "Where a step of ours goes, one thread: milliseconds, the least of all rounds, and the share of "
        + "their sum. Folding is part of the recurrent operations.", "",
      "| shape | " + names.joined(separator: " | ") + " |",
      "|---" + String(repeating: "|---", count: names.count) + "|",
    ]
    for shape in options.shapes {
      let times = names.map { name in
        (single[shape.name] ?? []).compactMap { $0.parts?[shape.name]?[name] }.min()
      }
      let sum = times.compactMap(\.self).reduce(0, +)
      let cells = times.map { time in
        time.map { number($0) + String(format: " (%.1f %%)", $0 / sum * 100) } ?? ""
      }
      lines.append("| \(shape.name) | " + cells.joined(separator: " | ") + " |")
    }
    return lines
  }

  private func memory(_ measurements: [Measurement]?) -> Double? {
    measurements?.map(\.peakMemory).max()
  }

  private func rounds(_ measurements: [Measurement]?, _ shape: RaceShape) -> String {
    (measurements ?? []).compactMap { $0.results[shape.name] }.map { number($0) }
      .joined(separator: " ")
  }

  private func ratio(_ a: Double?, _ b: Double) -> String {
    a.map { String(format: "%.2f", $0 / b) } ?? ""
  }

  private func mean(_ values: [Double]) -> Double {
    exp(values.map { log($0) }.reduce(0, +) / Double(values.count))
  }

  /// Three digits that count.
  private func number(_ value: Double?) -> String {
    guard let value else { return "" }
    return String(format: value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value)
  }
}
