extension RunReport {
  /// What a run came to, in numbers that runs are compared by.
  package struct Outcome: Codable, Hashable, Sendable {
    /// `sales`
    package var task: String
    /// Its id: `cpu`, `opencl:0.0`.
    package var device: String
    /// Optimizer steps of all networks.
    package var steps: Int
    package var seconds: Double
    package var sequencesPerSecond: Double
    /// In the order in which they are shown.
    package var baselines: [Baseline]
    /// What was scored; nil where nothing was.
    package var scored: ScoredRows?

    package init(
      task: String, device: String, steps: Int, seconds: Double, sequencesPerSecond: Double,
      baselines: [Baseline], scored: ScoredRows?
    ) {
      self.task = task
      self.device = device
      self.steps = steps
      self.seconds = seconds
      self.sequencesPerSecond = sequencesPerSecond
      self.baselines = baselines
      self.scored = scored
    }
  }

  /// The scores of a forecast that took no network, on the same rows.
  package struct Baseline: Codable, Hashable, Sendable {
    /// `naive_week`
    package var name: String
    /// What it does, in a few words.
    package var explanation: String
    package var scores: [Score]

    package init(name: String, explanation: String, scores: [Score]) {
      self.name = name
      self.explanation = explanation
      self.scores = scores
    }
  }

  /// Which rows scores are of: scores are comparable where both checksums and the number are the same.
  package struct ScoredRows: Codable, Hashable, Sendable {
    /// The checksum of the table.
    package var data: String
    /// A checksum of which of its rows these are, and of what the columns were taken for.
    package var rows: String
    package var count: Int
    /// Which these are, in words; empty: all, each by networks that have not seen it.
    package var note: String

    package init(data: String, rows: String, count: Int, note: String) {
      self.data = data
      self.rows = rows
      self.count = count
      self.note = note
    }

    package func isSame(as other: ScoredRows) -> Bool {
      (data, rows, count) == (other.data, other.rows, other.count)
    }
  }

  /// Which values of a metric are good.
  package enum Aim: Codable, Hashable, Sendable {
    case least
    case most
    case nearest(Double)

    /// How far a value is from being good: the less, the better.
    package func distance(_ value: Double) -> Double {
      switch self {
      case .least: value
      case .most: -value
      case .nearest(let target): abs(value - target)
      }
    }

    /// `"least"`, `"most"`, or the number to be near to.
    package init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let target = try? container.decode(Double.self) {
        self = .nearest(target)
        return
      }
      switch try container.decode(String.self) {
      case "least": self = .least
      case "most": self = .most
      default:
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "no such aim")
      }
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .least: try container.encode("least")
      case .most: try container.encode("most")
      case .nearest(let target): try container.encode(target)
      }
    }
  }
}
