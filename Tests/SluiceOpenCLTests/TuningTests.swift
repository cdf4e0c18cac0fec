import Foundation
import SluiceCompute
import Testing

@testable import SluiceOpenCL

/// The choice of kernels by measuring, and where it is kept.
@Suite(.enabled(if: TestDevice.exists), .serialized) struct TuningTests {
  private let layer = RecurrentDescriptor(steps: 6, batch: 9, inputSize: 3, hiddenSize: 12)

  /// Loops alone: a processor compiles the other kernels for seconds each.
  private func open(in folder: URL?) throws -> OpenCLBackend {
    var options = TestDevice.options
    options.recurrentKernels = .looped
    let backend = try TestDevice.open(options)
    backend.tuning = try folder.map { folder in
      let device = try OpenCLDevice.all(options).device(backend.device.id)
      return try #require(TuningFile(of: device, in: folder.path + "/deep"))
    }
    backend.readChoices()
    return backend
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-tuning-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func theFastestIsTakenAndKept() throws {
    try withFolder { folder in
      let backend = try open(in: folder)
      var other = layer
      other.cell = .gru
      #expect(
        RecurrentPurpose(.forward, other).description == "gru forward T 6 N 9 H 12")
      let found = try backend.tune(layer, .all)
      #expect(found.map(\.purpose) == ["lstm forward T 6 N 9 H 12", "lstm backward T 6 N 9 H 12"])
      for (pass, measurement) in zip(RecurrentPass.allCases, found) {
        let names = backend.candidates(pass, layer).map(\.name)
        #expect(measurement.candidates.map(\.name) == names)
        let times = try measurement.candidates.map { try #require($0.microseconds) }
        #expect(times.allSatisfy { $0 > 0 })
        let fastest = try #require(times.firstIndex(of: times.min() ?? 0))
        #expect(measurement.chosen == names[fastest])
        #expect(try backend.variant(pass, layer).name == measurement.chosen)
      }
      #expect(try backend.plan(for: layer).reason.contains("measured here"))

      let later = try open(in: folder)
      #expect(later.kernelChoices == backend.kernelChoices)
      #expect(later.kernelChoicesRemark == nil)
      #expect(try later.tune(layer, .sameBits(uses: .max)).isEmpty, "that is measured already")
      later.forgetKernelChoices()
      #expect(try open(in: folder).kernelChoices == KernelChoices())
    }
  }

  /// A choice that is none of the first has an effect; one that is not known has none.
  @Test func whatIsChosenRuns() throws {
    let backend = try open(in: nil)
    let purpose = RecurrentPurpose(.forward, layer).description
    let names = backend.candidates(.forward, layer).map(\.name)
    let last = try #require(names.last)
    #expect(names.count > 1 && last != names[0])
    backend.kernelChoices.names[purpose] = last
    #expect(try backend.variant(.forward, layer).name == last)
    backend.kernelChoices.names[purpose] = "kernels of tomorrow"
    #expect(try backend.variant(.forward, layer).name == names[0])
  }

  @Test func shortTrainingsAreNotKeptWaiting() throws {
    let backend = try open(in: nil)
    #expect(try backend.tune(layer, .sameBits(uses: 1)).isEmpty)
    #expect(backend.kernelChoices == KernelChoices())
    let found = try backend.tune(layer, .sameBits(uses: 1 << 40))
    #expect(found.count == 2)
    #expect(found.allSatisfy { $0.candidates.allSatisfy(\.hasSameBits) })
  }

  @Test func aDamagedFileIsIgnoredWithAWord() throws {
    try withFolder { folder in
      let backend = try open(in: folder)
      _ = try backend.tune(layer, .all)
      let path = try #require(backend.tuning?.path)
      let whole = try String(contentsOfFile: path, encoding: .utf8)
      for text in ["", "{}", String(whole.dropLast()), whole.replacing("N 9", with: "N 8")] {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let later = try open(in: folder)
        #expect(later.kernelChoices == KernelChoices(), "\(text)")
        #expect(later.kernelChoicesRemark?.contains("sluice tune") == true)
      }
    }
  }

  @Test func textHoldsEveryName() throws {
    let choices = KernelChoices(names: ["another": "c", "lstm forward T 6 N 9 H 12": "looped = 1"])
    #expect(KernelChoices(text: KernelChoices().text) == KernelChoices())
    let read = KernelChoices(text: choices.text)
    #expect(read == choices)
    #expect(KernelChoices(text: "sluice kernels 2\n") == nil)
  }
}
