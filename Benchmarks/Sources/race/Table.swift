import Foundation
import Sluice
import SluiceCPU
import SluiceCompute

/// The report as Markdown.
struct Table {
  private let options: Options
  private let roundCount: Int
  private let ours: [String: [Measurement]]
  private let rival: [String: [Measurement]]
  private let single: [String: [Measurement]]
  private let peers: [Peer: [String: [Measurement]]]

  init(
    _ options: Options, rounds: Int, ours: [String: [Measurement]],
    rival: [String: [Measurement]], single: [String: [Measurement]],
    peers: [Peer: [String: [Measurement]]]
  ) {
    self.options = options
    self.roundCount = rounds
    self.ours = ours
    self.rival = rival
    self.single = single
    self.peers = peers
  }

  private var device: String { ours.values.first?.first?.device ?? "CPU" }

  /// `amd-epyc-avx-512-2-threads`, with the cell behind it where one is asked for.
  var fileName: String {
    "\(device) \(options.cell?.rawValue ?? "")".lowercased()
      .split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
  }

  private var command: String {
    guard let cell = options.cell else { return "make bench" }
    let rival = options.rival.map { " --beside \($0.rawValue)" } ?? ""
    return "Benchmarks/race --cell \(cell.rawValue)\(rival)"
  }

  /// What the recurrent layers compute.
  private var cell: RecurrentCell { options.cell ?? .lstm }

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
    let version = peers[.stock]?.values.first?.first?.version.map { "PyTorch \($0)" }
    let raced = version == nil ? [] : Peer.allCases
    let day = ISO8601DateFormatter().string(from: Date()).prefix(10)
    var lines = [
      "# \(device), \(cell.title)", "",
      "\(day). Recurrent layers: \(cell.title). A step is forward, mean squared error on Linear(H → 1) of the last output, backward, "
        + "Adam; ours is the one that every training takes. Milliseconds per step at "
        + "\(options.threads) threads: medians over \(roundCount) rounds of the medians over "
        + "\(options.seconds) s; "
        + (version.map { "ours and \($0) take turns." } ?? "the peer was left out."),
    ]
    if version != nil {
      lines.append(
        "Tuned is PyTorch with the settings of glibc's allocator that suit it best: "
          + Peer.tuned.environment.map { "`\($0)=\($1)`" }.joined() + ".")
    }
    var head = ["shape", "ours", "all rounds"]
    if let rival = options.rival { head += ["our \(rival.title)", "all rounds", "÷ its time"] }
    for peer in raced { head += [peer.title, "all rounds", "ratio", "ratio of the best"] }
    head += ["share of peak", "1 thread ÷ \(options.threads)", "memory, MiB"]
    head += raced.map { "\($0.title)'s" }
    lines += [
      "`\(command)` makes this table.", "", row(head),
      String(repeating: "|---", count: head.count) + "|",
    ]
    var ratios: [Peer: [Double]] = [:]
    var bestRatios: [Peer: [Double]] = [:]
    var shares: [Double] = []
    for shape in options.shapes {
      guard let mine = median(ours[shape.name], shape), let best = least(ours[shape.name], shape),
        let alone = least(single[shape.name], shape)
      else { continue }
      var cells = [shape.name, number(mine), rounds(ours[shape.name], shape)]
      if options.rival != nil {
        let time = median(rival[shape.name], shape)
        if let time { shares.append(mine / time) }
        cells += [
          number(time), rounds(rival[shape.name], shape),
          time.map { String(format: "%.2f", mine / $0) } ?? "",
        ]
      }
      for peer in raced {
        let measured = peers[peer]?[shape.name]
        let time = median(measured, shape)
        let bestTime = least(measured, shape)
        if let time { ratios[peer, default: []].append(time / mine) }
        if let bestTime { bestRatios[peer, default: []].append(bestTime / best) }
        cells += [
          number(time), rounds(measured, shape), ratio(time, mine), ratio(bestTime, best),
        ]
      }
      cells += [share(shape, best), ratio(alone, best), number(memory(ours[shape.name]))]
      cells += raced.map { number(memory(peers[$0]?[shape.name])) }
      lines.append(row(cells))
    }
    lines += [
      "",
      "Multiply-add peak, measured: \(number(peak(ours))) GFLOP/s; one thread "
        + "\(number(peak(single))). The share of it is that of the best round, counted in the "
        + "operations of the network as it is written; in brackets, where an embedding folds into the "
        + "layer above it, in the operations that are left.",
    ]
    if let rival = options.rival, !shares.isEmpty {
      lines.append(
        "A step takes \(number(mean(shares))) of the time of our \(rival.title)'s, in the geometric "
          + "mean.")
    }
    for peer in raced {
      guard let all = ratios[peer], let best = bestRatios[peer] else { continue }
      lines.append(
        "Geometric mean of the ratios to \(peer.title): \(number(mean(all))); of the best rounds: "
          + "\(number(mean(best))).")
    }
    return (lines + [""] + breakdown).joined(separator: "\n") + "\n"
  }

  private func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }

  private func share(_ shape: RaceShape, _ best: Double) -> String {
    let rate = best * 1e6 * max(1, peak(ours))
    let left = ours[shape.name]?.first?.operations?[shape.name] ?? shape.operations
    let share = percent(shape.operations / rate)
    return left < shape.operations ? "\(share) (\(percent(left / rate)))" : share
  }

  private func percent(_ share: Double) -> String {
    "\(Int((share * 100).rounded())) %"
  }

  /// Where a step's time goes, one thread, the least of all rounds; with the share of their sum.
  private var breakdown: [String] {
    var lines = [
      "Where a step of ours goes, one thread: milliseconds, the least of all rounds, and the share of "
        + "their sum. Where an embedding folds, it is part of the recurrent operations.", "",
      row(["shape"] + Part.allCases.map(\.rawValue)),
      "|---" + String(repeating: "|---", count: Part.allCases.count) + "|",
    ]
    for shape in options.shapes {
      let times = Part.allCases.map { part in
        (single[shape.name] ?? []).compactMap { $0.parts?[shape.name]?[part] }.min()
      }
      let sum = times.compactMap(\.self).reduce(0, +)
      let cells = times.map { time in
        time.map { number($0) + String(format: " (%.1f %%)", $0 / sum * 100) } ?? ""
      }
      lines.append(row([shape.name] + cells))
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
