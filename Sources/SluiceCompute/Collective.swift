/// Processes that train together: each has a rank, and all make the same calls in the same order.
///
/// What each call gives is the same on every rank, and no sum is left to the library: sums are made by
/// the caller, in the order of ranks. A collective is used from one thread at a time.
public protocol Collective: AnyObject {
  /// Which of them this one is, from 0.
  var rank: Int { get }

  /// How many there are.
  var size: Int { get }

  /// Waits until every rank has come here.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure` where another rank is gone.
  func barrier() throws(ComputeError)

  /// Gives all ranks the bytes of one.
  ///
  /// - Parameters:
  ///   - bytes: Sent by the root, written on the others; as many on all ranks.
  ///   - root: The rank that has them.
  /// - Throws: ``ComputeError`` with `.deviceFailure` where another rank is gone.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws(ComputeError)

  /// Gives every rank its block of the values of all ranks.
  ///
  /// - Parameters:
  ///   - values: `[blocks.last.upperBound]`, this rank's own.
  ///   - blocks: `[size]`: the block of each rank, side by side; the same on all ranks.
  ///   - received: `[size, blocks[rank].count]`, written: by ranks.
  /// - Throws: ``ComputeError`` with `.deviceFailure` where another rank is gone.
  func exchange(
    _ values: UnsafeBufferPointer<Float>, in blocks: [Range<Int>],
    into received: UnsafeMutableBufferPointer<Float>
  ) throws(ComputeError)

  /// Gives all ranks the blocks of all.
  ///
  /// - Parameters:
  ///   - block: `[blocks[rank].count]`, this rank's own.
  ///   - blocks: `[size]`: where the block of each rank goes, side by side; the same on all ranks.
  ///   - values: `[blocks.last.upperBound]`, written.
  /// - Throws: ``ComputeError`` with `.deviceFailure` where another rank is gone.
  func gather(
    _ block: UnsafeBufferPointer<Float>, of blocks: [Range<Int>],
    into values: UnsafeMutableBufferPointer<Float>
  ) throws(ComputeError)
}

/// A process by itself.
public final class OneRank: Collective {
  /// There is nothing to set up.
  public init() {}

  public var rank: Int { 0 }
  public var size: Int { 1 }

  public func barrier() {}

  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {}

  public func exchange(
    _ values: UnsafeBufferPointer<Float>, in blocks: [Range<Int>],
    into received: UnsafeMutableBufferPointer<Float>
  ) {
    _ = received.update(fromContentsOf: values)
  }

  public func gather(
    _ block: UnsafeBufferPointer<Float>, of blocks: [Range<Int>],
    into values: UnsafeMutableBufferPointer<Float>
  ) {
    _ = values.update(fromContentsOf: block)
  }
}

extension Collective {
  /// Whether this rank speaks and writes for all.
  public var isRoot: Bool { rank == 0 }

  /// What rank 0 has, on all ranks.
  ///
  /// - Parameter bytes: Those of rank 0; asked for there alone.
  /// - Throws: What `bytes` throws; ``ComputeError`` with `.deviceFailure` where another rank is gone.
  public func shared(_ bytes: () throws -> [UInt8]) throws -> [UInt8] {
    guard size > 1 else { return try bytes() }
    var own = isRoot ? try bytes() : []
    var count = Int64(own.count).littleEndian
    try broadcast(&count)
    if !isRoot { own = [UInt8](repeating: 0, count: Int(Int64(littleEndian: count))) }
    try own.withUnsafeMutableBytes { try broadcast($0, from: 0) }
    return own
  }

  /// `[size]`: how ranks share an array out, in blocks side by side that differ by one element at most.
  public func blocks(of count: Int) -> [Range<Int>] {
    (0..<size).map { ($0 * count / size)..<(($0 + 1) * count / size) }
  }

  /// Whether this rank does a part of what they share out, by its number.
  public func owns(_ number: Int) -> Bool { number % size == rank }

  /// Puts together an array of which each rank has some elements, and zero bits elsewhere: bit by
  /// bit.
  ///
  /// - Parameter values: As many on all ranks; no element is had by two.
  /// - Throws: ``ComputeError`` with `.deviceFailure` where another rank is gone.
  /// - Complexity: Every rank sends twice the array, whatever their number.
  public func merge<Value: BitwiseCopyable>(_ values: inout [Value]) throws {
    guard size > 1, !values.isEmpty else { return }
    // Bits go as they are, in numbers of four bytes.
    let bytes = values.withUnsafeBytes { Array($0) }
    let count = (bytes.count + 3) / 4
    var words = [Float](repeating: 0, count: count)
    words.withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
    let blocks = blocks(of: count)
    let width = blocks[rank].count
    var received = [Float](repeating: 0, count: size * width)
    try words.withUnsafeBufferPointer { own in
      try received.withUnsafeMutableBufferPointer { try exchange(own, in: blocks, into: $0) }
    }
    let joined = (0..<width).map { place in
      Float(
        bitPattern: (0..<size).reduce(0) { $0 | received[$1 * width + place].bitPattern })
    }
    try joined.withUnsafeBufferPointer { own in
      try words.withUnsafeMutableBufferPointer { try gather(own, of: blocks, into: $0) }
    }
    values.withUnsafeMutableBytes { target in
      words.withUnsafeBytes { target.copyBytes(from: $0.prefix(target.count)) }
    }
  }

  private func broadcast(_ value: inout Int64) throws {
    try withUnsafeMutableBytes(of: &value) { try broadcast($0, from: 0) }
  }

  /// A text of each rank, in their order.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure` where another rank is gone.
  public func gather(_ text: String) throws -> [String] {
    guard size > 1 else { return [text] }
    // As numbers that float32 holds: there is one way for values to go, and texts are short.
    func gathered(_ values: [Float], counts: [Int]) throws -> [Float] {
      var end = 0
      let blocks = counts.map { count in
        defer { end += count }
        return end..<(end + count)
      }
      var all = [Float](repeating: 0, count: end)
      try values.withUnsafeBufferPointer { own in
        try all.withUnsafeMutableBufferPointer { try gather(own, of: blocks, into: $0) }
      }
      return all
    }
    let own = text.utf8.map { Float($0) }
    let counts = try gathered([Float(own.count)], counts: [Int](repeating: 1, count: size)).map {
      Int($0)
    }
    var rest = try gathered(own, counts: counts)[...]
    return counts.map { count in
      defer { rest = rest.dropFirst(count) }
      return String(decoding: rest.prefix(count).map { UInt8($0) }, as: UTF8.self)
    }
  }
}
