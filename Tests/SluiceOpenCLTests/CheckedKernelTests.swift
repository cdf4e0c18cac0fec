import SluiceCompute
import SluiceConformance
import Testing

@testable import SluiceOpenCL

/// Every kernel on a few small cases, recurrent layers by all of theirs, with as little local
/// memory as a device may have.
///
/// `Tests/check-kernels` runs this suite under Oclgrind, which reports data races, reads of what was
/// never written and accesses out of bounds. It is slow, so these are the smallest cases that take
/// every branch; ParityTests runs all of them.
@Suite(.enabled(if: TestDevice.exists), .serialized) struct CheckedKernelTests {
  @Test func everyKernelIsClean() throws {
    let log = CheckerLog.ofEnvironment
    try log?.expectReports()
    let share = CheckerShare.ofEnvironment
    var kernels: Set<String> = []
    var caseCount = 0
    func check(_ name: String, on backend: OpenCLBackend, _ body: () throws -> Void) throws {
      guard try share?.takes(name) ?? true else { return }
      try body()
      try log?.expectSilence(after: name)
      kernels.formUnion(backend.kernels.names)
      caseCount += 1
    }
    for recurrence in RecurrentKernels.allCases {
      var options = TestDevice.options
      options.recurrentKernels = recurrence
      // Products by the kernel for GPUs, but for one round.
      options.kernelsFor = recurrence == .stepwise ? .cpu : .gpu
      options.localMemoryLimit = 24 << 10
      // Oclgrind mixes up what is known of memory under one number: see CheckerLog.
      options.reusesMemory = false
      // The checker's own compiler is not asked from two threads.
      options.compilesAside = false
      let backend = try TestDevice.open(options)
      try log?.expectChecker(backend)
      for item in try SmallCases.selected(kernels: recurrence) {
        try check("\(recurrence), \(item)", on: backend) {
          let result = try item.run(on: backend)
          #expect(result.verdict == .passed, "\(item)")
        }
      }
      guard recurrence == .looped else { continue }
      try check("matrix_product_join", on: backend) { try joinParts(on: backend) }
      try check("multiply_add_chains", on: backend) { try multiplyAddChains(on: backend) }
    }
    if let share {
      // The last one speaks for all.
      guard let all = try share.finish(kernels, caseCount) else { return }
      (kernels, caseCount) = all
    }
    #expect(kernels == Set(KernelDeclaration.all.keys))
    if log != nil { print("\(kernels.count) kernels are clean in \(caseCount) cases") }
  }

  /// The sum of two parts, without the deep product that it takes to get them.
  private func joinParts(on backend: OpenCLBackend) throws {
    let parts = try backend.makeTensor([2, 2, 3], (0..<12).map { Float($0) })
    let output = try backend.makeTensor([2, 3], [Float](repeating: 1, count: 6))
    try backend.launch(
      "matrix_product_join", count: 6,
      [
        "partials": .tensor(parts), "parts": .int(2), "output": .tensor(output),
        "bias": .tensor(nil), "bias2": .tensor(nil), "bias2_count": .int(0), "M": .int(2),
        "N": .int(3),
        "scale": .float(2), "accumulate": .bool(true),
        "activation": .int(Activation.identity.code),
      ])
    let values: [Float] = try backend.read(output)
    #expect(values == [13, 17, 21, 25, 29, 33])
  }

  /// The yardstick of `bench` does what it counts.
  private func multiplyAddChains(on backend: OpenCLBackend) throws {
    let output = try backend.makeTensor([64])
    try backend.multiplyAddChains(into: output, length: 3)
    // A chain from c goes to c / 8 + 1.75 in three steps; an item's begin at lane + item + chain.
    let expected = (0..<64).map { item in
      let starts = (0..<128).map { chain in item % 16 + chain % 16 + chain / 16 }
      return Float(starts.reduce(0, +)) / 8 + 128 * 1.75
    }
    #expect(try backend.read(output) == expected)
  }
}

/// The cases that are small enough to be run under a checker.
private enum SmallCases {
  /// Operations, and the names of their cases.
  private static let names: [(operation: String, cases: [String])] = [
    (Fill.name, ["[7, 5] wide", "[37] int32"]),
    (Copy.name, ["[7, 5] wide to shifted, 3 times, accumulate", "[9, 33] packed to wide"]),
    (
      Concatenate.name,
      [
        "6 of 1, 2 2 times, 3 in 2 steps, 4, 5 6 times, 6 in 5 steps, wide to wide",
        "6 of 1, 2 2 times, 3 in 2 steps, 4, 5 6 times, 6 in 5 steps, dropout in 3..<32",
      ]
    ),
    (ColumnsToSteps.name, ["T 3 R 7 C 5", "T 3 R 7 C 5, accumulate"]),
    (LinearCombination.name, ["[63] 0.25, 0.75", "[1001] in place"]),
    (SumOverSteps.name, ["[7, 5, 16] wide, accumulate"]),
    (ColumnSum.name, ["[257, 7] wide, accumulate", "[5000, 3] shifted"]),
    (SumOfSquares.name, ["[257]", "[4099]"]),
    (
      MatrixProduct.name,
      ["M 2 N 3 K 1", "M 17 N 33 K 31, leftᵀ, accumulate, strided, scale -0.5"]
    ),
    (
      LinearBackward.name,
      ["7 rows of 5 to 3, sigmoid, input accumulates", "65 rows of 40 to 17, relu, input"]
    ),
    (ActivationForward.name, ["sigmoid [7, 5] wide", "relu [9, 19] in place"]),
    (ActivationBackward.name, ["tanh [7, 5], accumulate"]),
    (Dropout.name, ["[7, 5] rate 0.5", "[7, 5, 3] variational", "[9, 33] in place"]),
    (
      EmbeddingForward.name,
      ["V 40 E 17, 33 rows, wide", "V 40 E 17, 33 rows, accumulate, variational dropout"]
    ),
    (EmbeddingBackward.name, ["V 40 E 17, 33 rows", "V 5 E 3, 7 rows, one token only"]),
    (
      PoolForward.name,
      [
        "max T 7 N 8 C 16, lengths, winners", "mean T 2 N 5 C 3, lengths", "last T 2 N 5 C 3",
        "max, mean, last, first, lengths", "max, mean, last, first, lengths, dropout",
      ]
    ),
    (
      PoolBackward.name,
      [
        "max T 2 N 5 C 3, lengths", "mean T 7 N 8 C 16, lengths, accumulate", "last T 2 N 5 C 3",
        "blocks", "blocks, dropout",
      ]
    ),
    (
      Loss.name,
      [
        "quantile([0.1, 0.5, 0.9]) [17, 3], row weights",
        "huber(delta: 0.7) [5, 1000], row weights",
        "softmaxCrossEntropy [33, 17], row weights, class weights, strided, scaled",
        "softmaxCrossEntropy [1031, 5], row weights, class weights, strided, scaled",
        "mixedQuantiles([0.1, 0.5, 0.9]) [17, 7], row weights, strided, scaled",
      ]
    ),
    (
      OptimizerStep.name,
      [
        "sgd(momentum: 0.9, nesterov: true) [65] step 2, clipped at 0.5",
        "adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-08) [65] step 2, clipped at 0.5",
        "sgd(momentum: 0.0, nesterov: false) halts at losses [2.0, 3.0, 4.0, inf]",
        "rmsprop(decay: 0.99, epsilon: 1e-06) stays halted",
      ]
    ),
    (GatherWindows.name, ["L 7 N 4 of [3, 40, 5], scale -3.0, shift, offset 1"]),
    (GatherRows.name, ["33 of [40, 17]"]),
    (
      EmbeddingBagForward.name,
      [
        "V 2 K 2 of 3 documents, N 5, up to 9 entries, strided",
        "V 7 K 3 of 5 documents, N 4, up to 6 entries, added",
      ]
    ),
    (
      EmbeddingBagBackward.name,
      ["V 7 K 3 of 5 documents, N 4, up to 6 entries"]
    ),
    (GatherSequences.name, ["T 7 N 5 of 20, dropout 0.3"]),
    (
      ColumnTokensForward.name,
      [
        "1 scales of 3, levels [4], M 7 E 5, side by side, strided",
        "2 scales of 32, levels [65], M 31 E 33, strided",
      ]
    ),
    (
      ColumnTokensBackward.name,
      [
        "1 scales of 3, levels [4], M 7 E 5, side by side, strided",
        "2 scales of 9, levels [5, 40], M 700 E 16, side by side",
      ]
    ),
  ]

  /// Every option at once, of an LSTM, a GRU and a plain cell. Backward runs forward first, a direction
  /// at a time; both at once are another launch only where the weights stay in registers.
  private static func recurrent(_ kernels: RecurrentKernels) -> [(
    operation: String, cases: [String]
  )] {
    let operations =
      kernels == .registers
      ? [BidirectionalForward.name, BidirectionalBackward.name, RecurrentBackward.name]
      : [BidirectionalBackward.name]
    return operations.map { operation in
      (
        operation,
        ["", "GRU, ", "RNN, "].map {
          $0 + "T 3 N 5 C 2 H 5, reverse, lengths, initial, final, dropout, strided"
        }
      )
    }
  }

  /// Weights that stream through the cache. Forward is part of it.
  private static let streaming = [
    (
      operation: RecurrentBackward.name,
      cases: ["T 2 N 6 C 2 H 40, initial", "GRU, T 2 N 6 C 2 H 40, initial"]
    )
  ]

  /// - Throws: where a case is no longer there.
  static func selected(kernels: RecurrentKernels) throws -> [ConformanceCase] {
    let wanted =
      ((kernels == .looped ? streaming : []) + recurrent(kernels)
      + (kernels == .looped ? names : [])).flatMap { operation, cases in
        cases.map { "\(operation): \($0)" }
      }
    let known = Dictionary(grouping: Conformance.cases, by: \.description)
    let missing = wanted.filter { known[$0] == nil }
    try #require(missing == [], "there are no such cases")
    return wanted.flatMap { known[$0] ?? [] }
  }
}
