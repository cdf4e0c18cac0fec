import SluicePlatform

/// Which kernels a device runs where it has several that do the same: the names of those that were
/// measured to be the fastest, by what they are for.
///
/// A run keeps its own, so that it is resumed with the same kernels, and so to the bit.
public struct KernelChoices: Hashable, Sendable {
  /// For example `lstm forward T 90 N 32 H 50` and `registers 1 rows 16 near`.
  public var names: [String: String]

  /// None: every device goes by its own figures.
  public init(names: [String: String] = [:]) {
    self.names = names
  }

  private static let title = "sluice kernels 1"

  /// As a file holds them: a title, a line for each, and a checksum of all of that.
  public var text: String {
    let lines = names.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }
    let body = "\(Self.title)\n" + lines.joined()
    return body + "checksum \(Self.checksum(body))\n"
  }

  /// Reads what ``text`` gave; nil where it is anything else, or damaged.
  public init?(text: String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.popLast() == "", let end = lines.popLast() else { return nil }
    let body = lines.joined(separator: "\n") + "\n"
    guard lines.first.map(String.init) == Self.title, end == "checksum \(Self.checksum(body))"
    else { return nil }
    names = [:]
    for line in lines.dropFirst() {
      guard let sign = line.firstRange(of: " = ") else { return nil }
      names[String(line[..<sign.lowerBound])] = String(line[sign.upperBound...])
    }
  }

  private static func checksum(_ text: String) -> String {
    Checksum.hexadecimal(Checksum.hash(Array(text.utf8)))
  }
}

/// What was measured of the kernels that do one thing.
public struct KernelMeasurement: Hashable, Sendable {
  /// One of them.
  public struct Candidate: Hashable, Sendable {
    /// As in ``KernelChoices``.
    public var name: String
    /// Of one launch or one recurrence; nil where it could not be run here.
    public var microseconds: Double?
    /// Whether it gives the bits of the one that is taken without measuring.
    public var hasSameBits: Bool

    /// Each argument is the property of its name.
    public init(name: String, microseconds: Double?, hasSameBits: Bool) {
      self.name = name
      self.microseconds = microseconds
      self.hasSameBits = hasSameBits
    }
  }

  /// As in ``KernelChoices``.
  public var purpose: String
  /// The one that is taken without measuring first.
  public var candidates: [Candidate]
  /// The fastest of those that were to be chosen from.
  public var chosen: String

  /// Each argument is the property of its name.
  public init(purpose: String, candidates: [Candidate], chosen: String) {
    self.purpose = purpose
    self.candidates = candidates
    self.chosen = chosen
  }
}

/// Among which kernels a device is to choose.
public enum TuningScope: Hashable, Sendable {
  /// Those that give the same bits as the ones it takes without measuring, and only where that many
  /// uses take a minute or more.
  case sameBits(uses: Int)
  /// All of them.
  case all
}
