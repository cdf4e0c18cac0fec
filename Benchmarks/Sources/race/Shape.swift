/// The extents of one race.
struct RaceShape {
  var name: String
  /// 0: the input is dense.
  var vocabulary: Int
  var input: Int
  var hidden: Int
  var layers: Int
  var steps: Int
  var batch: Int

  init(_ name: String, _ extents: (Int, Int, Int, Int, Int, Int)) {
    self.name = name
    (vocabulary, input, hidden, layers, steps, batch) = extents
  }

  static let all = [
    RaceShape("sales-2x50-b32", (0, 12, 50, 2, 90, 32)),
    RaceShape("sales-2x50-b256", (0, 12, 50, 2, 90, 256)),
    RaceShape("sales-2x128-b512", (0, 16, 128, 2, 120, 512)),
    RaceShape("sent-e128-64-b32", (5000, 128, 64, 1, 100, 32)),
    RaceShape("sent-e128-64-b256", (5000, 128, 64, 1, 100, 256)),
    RaceShape("text-e32-2x128-b32", (8000, 32, 128, 2, 80, 32)),
    RaceShape("text-e32-2x128-b256", (8000, 32, 128, 2, 80, 256)),
    RaceShape("big-1x512-b64", (0, 512, 512, 1, 50, 64)),
    RaceShape("big-2x512-b256", (0, 512, 512, 2, 50, 256)),
  ]

  /// Floating-point operations of the recurrent layers in one training step.
  var operations: Double {
    var total = 0.0
    for layer in 0..<layers {
      total += 24 * Double(hidden) * Double(hidden + (layer == 0 ? input : hidden))
    }
    return total * Double(steps * batch)
  }
}
