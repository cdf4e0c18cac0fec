import SluiceCPUInterface
import SluiceCPUKernels

#if arch(x86_64)
  import SluiceCPUKernelsAVX2
  import SluiceCPUKernelsAVX512
#endif

/// What the kernels of the CPU back end are compiled for.
public enum InstructionSet: String, Hashable, Sendable, CaseIterable, Comparable {
  /// What every processor of the architecture has: SSE2, or NEON.
  case baseline
  /// AVX2 and fused multiply-add: eight lanes.
  case avx2
  /// AVX-512 F, BW, CD, DQ, VL: sixteen lanes.
  case avx512

  /// As users know it.
  public var displayName: String {
    switch self {
    case .baseline:
      #if arch(arm64)
        "NEON"
      #else
        "SSE2"
      #endif
    case .avx2: "AVX2"
    case .avx512: "AVX-512"
    }
  }

  /// The sets that this processor has, narrowest first.
  public static let available: [InstructionSet] = {
    #if arch(x86_64)
      let flags = Processor.current.flags
      var sets: [InstructionSet] = [.baseline]
      if flags.isSuperset(of: ["avx2", "fma", "bmi1", "bmi2", "f16c", "movbe"]) {
        sets.append(.avx2)
        if flags.isSuperset(of: ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]) {
          sets.append(.avx512)
        }
      }
      return sets
    #else
      return [.baseline]
    #endif
  }()

  /// The widest set that this processor has.
  public static var best: InstructionSet { available.last ?? .baseline }

  public static func < (left: InstructionSet, right: InstructionSet) -> Bool {
    left.rank < right.rank
  }

  private var rank: Int {
    switch self {
    case .baseline: 0
    case .avx2: 1
    case .avx512: 2
    }
  }

  var kernels: any CPUKernels.Type {
    #if arch(x86_64)
      switch self {
      case .baseline: SluiceCPUKernels.Kernels.self
      case .avx2: SluiceCPUKernelsAVX2.Kernels.self
      case .avx512: SluiceCPUKernelsAVX512.Kernels.self
      }
    #else
      SluiceCPUKernels.Kernels.self
    #endif
  }
}
