import SluiceCompute
import SluiceConformance
import Testing

@testable import SluiceOpenCL

/// Every variant of a recurrent layer's kernels, not only the ones that are chosen.
@Suite(.enabled(if: TestDevice.exists)) struct RecurrentVariantTests {
  /// All options at a size that fits no tile.
  private static func cases(_ cell: RecurrentCell) -> [ConformanceCase] {
    recurrent { $0.hasPrefix(name(cell) + "T 7 N 5 C 3 H 17") }
  }

  /// Sizes that make weights stream.
  private static func large(_ cell: RecurrentCell) -> [ConformanceCase] {
    recurrent {
      $0.hasPrefix(name(cell) + "T") && ($0.contains(" H 128") || $0.contains(" H 100"))
    }
  }

  /// How the names of a cell's cases begin.
  private static func name(_ cell: RecurrentCell) -> String {
    cell == .lstm ? "" : cell.title + ", "
  }

  /// Of each number of gates, and with a separate one.
  static let cells: [RecurrentCell] = [.lstm, .gru, .rnn]

  private static func recurrent(_ isWanted: (String) -> Bool) -> [ConformanceCase] {
    Conformance.cases.filter {
      [
        RecurrentForward.name, RecurrentBackward.name, BidirectionalForward.name,
        BidirectionalBackward.name,
      ].contains($0.operation) && isWanted($0.name)
    }
  }

  @Test(arguments: RecurrentKernels.allCases, cells)
  func everyVariantIsExact(kernels: RecurrentKernels, cell: RecurrentCell) throws {
    var options = TestDevice.options
    options.recurrentKernels = kernels
    let backend = try TestDevice.open(options)
    let most = try mostCandidates(backend, cell, hidden: [17, 100, 128])
    #expect(most > 1)
    let (cases, large) = (Self.cases(cell), Self.large(cell))
    #expect(cases.count > 60)
    #expect(!large.isEmpty)
    // The kernels are the same for every cell, tile for tile: what an LSTM has shown of all tiles, the
    // others show of the first two.
    for candidate in 0..<(cell == .lstm ? most : 2) {
      backend.candidate = candidate
      // All options with the first; then one in five, another one each time.
      let some = cases.enumerated().filter {
        (candidate == 0 && cell == .lstm) || $0.offset % 5 == candidate % 5
      }
      let all = some.map(\.element) + (candidate == 0 || cell == .lstm ? large : [])
      for summary in Conformance.run(all, on: backend) {
        for failure in summary.failures {
          Issue.record("candidate \(candidate): \(summary.operation), \(failure)")
        }
      }
    }
  }

  /// The candidates that a layer has, forward or backward.
  private func mostCandidates(_ backend: OpenCLBackend, _ cell: RecurrentCell, hidden: [Int])
    throws -> Int
  {
    hidden.flatMap { hidden in
      RecurrentPass.allCases.map { pass in
        backend.candidates(
          pass,
          RecurrentDescriptor(cell: cell, steps: 7, batch: 5, inputSize: 3, hiddenSize: hidden)
        ).count
      }
    }.max() ?? 0
  }

  /// What is said to add up in the same order does.
  @Test(arguments: [(RecurrentCell.lstm, 20, 7), (.lstm, 100, 5), (.gru, 20, 5), (.rnn, 20, 7)])
  func variantsOfOneOrderGiveTheSameBits(cell: RecurrentCell, hidden: Int, batch: Int) throws {
    let backend = try TestDevice.open()
    let d = RecurrentDescriptor(
      cell: cell, steps: 5, batch: batch, inputSize: 3, hiddenSize: hidden)
    var bits: [String: [UInt32]] = [:]
    for pass in RecurrentPass.allCases {
      for (candidate, variant) in backend.candidates(pass, d).enumerated() {
        backend.candidate = candidate
        let found = try LayerRun(backend, d).bits(after: pass)
        let known = bits["\(pass) \(variant.order)", default: found]
        #expect(known == found, "\(variant.name)")
        bits["\(pass) \(variant.order)"] = known
        // Backward starts from what the first candidate gives forward.
        backend.candidate = nil
      }
    }
  }

  /// A launch of both directions gives what two launches give.
  @Test(arguments: cells) func directionsSideBySideGiveTheSameBits(cell: RecurrentCell) throws {
    var options = TestDevice.options
    options.recurrentKernels = .registers
    options.kernelsFor = .gpu
    let backend = try TestDevice.open(options)
    for pass in RecurrentPass.allCases {
      let d = RecurrentDescriptor(
        cell: cell, steps: 5, batch: 7, inputSize: 3, hiddenSize: 20)
      var reverse = d
      reverse.direction = .reverse
      let (first, second) = (try LayerRun(backend, d), try LayerRun(backend, reverse))
      let inTurn = try [first.bits(after: pass), second.bits(after: pass)]
      func launches(_ work: () throws -> Void) throws -> Int {
        try backend.synchronize()
        let before = try #require(backend.counts).launches
        try work()
        try backend.synchronize()
        return try #require(backend.counts).launches - before
      }
      let one = try launches { _ = try first.bits(after: pass) }
      let both = try launches {
        let bits = try first.bits(after: pass, beside: second)
        #expect(bits == inTurn)
      }
      // Forward the product and the recurrence are shared, backward the product of the weights too.
      #expect(both == 2 * one - (pass == .forward ? 2 : 4))
    }
  }

  /// A cell of fewer gates keeps more of its weights near, and never spills what a tile promises.
  @Test func aCellTakesTheRegistersOfItsGates() throws {
    let limits = RecurrentLimits(
      isCPU: false, computeUnits: 132, capabilities: try TestDevice.open().capabilities)
    for pass in RecurrentPass.allCases {
      let near = try [RecurrentCell.lstm, .gru, .rnn].map { cell in
        try #require(RegisterTile.candidates(pass, cell, hidden: 96, batch: 264, limits).first).near
      }
      #expect(near == near.sorted() && near[2] == RegisterTile.span(96, of: pass))
    }
    #expect(
      StepTile.candidates(.forward, .gru, hidden: 300, batch: 32, limits)
        .allSatisfy { $0.columns % 3 == 0 && $0.columns % $0.itemColumns == 0 })
  }

  @Test func aDeviceChoosesByWhatItIs() throws {
    func chosen(
      _ hidden: Int, _ batch: Int, isCPU: Bool = false, group: Int = 1024, local: Int = 48 << 10
    ) throws -> [RecurrentKernels] {
      var capabilities = try TestDevice.open().capabilities
      capabilities.workGroupSize = group
      capabilities.localMemory = local
      let limits = RecurrentLimits(isCPU: isCPU, computeUnits: 132, capabilities: capabilities)
      return try RecurrentPass.allCases.map {
        try #require(
          RecurrentVariant.candidates($0, .lstm, hidden: hidden, batch: batch, limits).first
        ).kernels
      }
    }
    #expect(try chosen(50, 32) == [.registers, .registers])
    #expect(try chosen(128, 512) == [.registers, .registers])
    #expect(try chosen(128, 512, group: 256) == [.looped, .looped])
    #expect(try chosen(64, 32, group: 256) == [.registers, .registers])
    #expect(try chosen(200, 32) == [.stepwise, .stepwise])
    #expect(try chosen(512, 256, local: 24 << 10) == [.stepwise, .stepwise])
    #expect(try chosen(50, 32, isCPU: true) == [.looped, .looped])
    #expect(try chosen(512, 32, isCPU: true) == [.stepwise, .stepwise])
  }
}
