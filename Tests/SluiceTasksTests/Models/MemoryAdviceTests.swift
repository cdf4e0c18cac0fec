import Testing

@testable import SluiceTasks

@Suite struct MemoryAdviceTests {
  private let mebibyte = 1 << 20

  @Test func theBatchFitsWhatWasGot() {
    let advice = MemoryAdvice(
      batch: 1024, bytesPerRow: mebibyte, weightCount: 0, held: 300 * mebibyte,
      free: 400 * mebibyte, isCPU: false)
    #expect(advice.fittingBatch == 128)
    #expect(advice.description.contains("about 1024 MiB. Try --batch-size 128, or"))
  }

  /// A tensor that is too large for the device fails before anything was got.
  @Test func aSingleTensorThatIsTooLarge() {
    let advice = MemoryAdvice(
      batch: 16384, bytesPerRow: mebibyte / 2, weightCount: 100_000, held: 5 * mebibyte,
      free: 8000 * mebibyte, isCPU: false)
    #expect(advice.fittingBatch == 1024)
  }

  @Test func nothingFits() {
    var advice = MemoryAdvice(
      batch: 64, bytesPerRow: mebibyte, weightCount: 1 << 20, held: mebibyte, free: mebibyte,
      isCPU: false)
    #expect(advice.fittingBatch == 0)
    #expect(advice.description.contains("use --device cpu, or fewer --hidden units"))
    advice.isCPU = true
    #expect(!advice.description.contains("--device cpu"))
  }
}
