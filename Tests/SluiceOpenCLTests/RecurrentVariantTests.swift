import SluiceCompute
import SluiceConformance
import Testing

@testable import SluiceOpenCL

/// Every variant of a recurrent layer's kernels, not only the ones that are chosen.
@Suite(.enabled(if: TestDevice.exists)) struct RecurrentVariantTests {
  /// All options at a size that fits no tile.
  private static let cases = recurrent { $0.hasPrefix("T 7 N 5 C 3 H 17") }

  /// Sizes that make weights stream.
  private static let large = recurrent { $0.contains(" H 128") || $0.contains(" H 100") }

  private static func recurrent(_ isWanted: (String) -> Bool) -> [ConformanceCase] {
    Conformance.cases.filter {
      [
        RecurrentForward.name, RecurrentBackward.name, BidirectionalForward.name,
        BidirectionalBackward.name,
      ].contains($0.operation) && isWanted($0.name)
    }
  }

  @Test(arguments: RecurrentKernels.allCases)
  func everyVariantIsExact(kernels: RecurrentKernels) throws {
    var options = TestDevice.options
    options.recurrentKernels = kernels
    let backend = try TestDevice.open(options)
    let most = try mostCandidates(backend, hidden: [17, 100, 128])
    #expect(most > 1)
    #expect(Self.cases.count > 60)
    #expect(!Self.large.isEmpty)
    for candidate in 0..<most {
      backend.candidate = candidate
      // All options with the first; then one in five, another one each time.
      let some = Self.cases.enumerated().filter { candidate == 0 || $0.offset % 5 == candidate % 5 }
      for summary in Conformance.run(some.map(\.element) + Self.large, on: backend) {
        for failure in summary.failures {
          Issue.record("candidate \(candidate): \(summary.operation), \(failure)")
        }
      }
    }
  }

  /// The candidates that a layer has, forward or backward.
  private func mostCandidates(_ backend: OpenCLBackend, hidden: [Int]) throws -> Int {
    hidden.flatMap { hidden in
      RecurrentPass.allCases.map { pass in
        backend.candidates(
          pass, RecurrentDescriptor(steps: 7, batch: 5, inputSize: 3, hiddenSize: hidden)
        ).count
      }
    }.max() ?? 0
  }

  /// What is said to add up in the same order does.
  @Test(arguments: [(20, 7), (100, 5)])
  func variantsOfOneOrderGiveTheSameBits(hidden: Int, batch: Int) throws {
    let backend = try TestDevice.open()
    let d = RecurrentDescriptor(steps: 5, batch: batch, inputSize: 3, hiddenSize: hidden)
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
  @Test func directionsSideBySideGiveTheSameBits() throws {
    var options = TestDevice.options
    options.recurrentKernels = .registers
    options.kernelsFor = .gpu
    let backend = try TestDevice.open(options)
    for pass in RecurrentPass.allCases {
      let d = RecurrentDescriptor(steps: 5, batch: 7, inputSize: 3, hiddenSize: 20)
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
          RecurrentVariant.candidates($0, hidden: hidden, batch: batch, limits).first
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
