import SluiceCPUInterface

// One vector register of the instruction set that this module is compiled for.
#if AVX512
  typealias Lanes = SIMD16<Float>
  typealias LaneBits = SIMD16<UInt32>
  typealias LaneMask = SIMDMask<SIMD16<Int32>>
#elseif FMA && !arch(arm64)
  typealias Lanes = SIMD8<Float>
  typealias LaneBits = SIMD8<UInt32>
  typealias LaneMask = SIMDMask<SIMD8<Int32>>
#else
  typealias Lanes = SIMD4<Float>
  typealias LaneBits = SIMD4<UInt32>
  typealias LaneMask = SIMDMask<SIMD4<Int32>>
#endif

/// The extents that kernels are built from.
enum Extent {
  /// Lanes of a vector.
  @inline(__always) static var lanes: Int { Lanes.scalarCount }
  /// Columns of a packed panel: two vectors.
  @inline(__always) static var panel: Int { 2 * Lanes.scalarCount }
  /// Rows of the widest product block: two accumulators each, beside the operands, fill the registers.
  @inline(__always) static var rows: Int {
    #if AVX512 || arch(arm64)
      8
    #else
      4
    #endif
  }
}

/// `a · b + c`. Where the processor fuses it, it is rounded once.
///
/// Without the instruction, `addingProduct` would be a call of `fmaf`.
@inline(__always)
func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes {
  #if FMA || arch(arm64)
    c.addingProduct(a, b)
  #else
    a * b + c
  #endif
}

@inline(__always)
func broadcast(_ value: Float) -> Lanes {
  Lanes(repeating: value)
}

@inline(__always)
func load(_ pointer: Floats) -> Lanes {
  UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

@inline(__always)
func store(_ value: Lanes, _ pointer: Floats) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: Lanes.self)
}

/// Stores the first `count` lanes, all of them where `count` is larger.
@inline(__always)
func store(_ value: Lanes, _ pointer: Floats, _ count: Int) {
  if count >= Extent.lanes {
    store(value, pointer)
  } else {
    storeFirst(value, pointer, count)
  }
}

// Halves, quarters, … by the bits of the count: no lane is moved alone but the last.
#if AVX512
  @inline(__always)
  private func storeFirst(_ value: SIMD16<Float>, _ pointer: Floats, _ count: Int) {
    if count & 8 != 0 {
      UnsafeMutableRawPointer(pointer).storeBytes(of: value.lowHalf, as: SIMD8<Float>.self)
      storeFirst(value.highHalf, pointer + 8, count & 7)
    } else {
      storeFirst(value.lowHalf, pointer, count)
    }
  }
#endif

@inline(__always)
private func storeFirst(_ value: SIMD8<Float>, _ pointer: Floats, _ count: Int) {
  if count & 4 != 0 {
    UnsafeMutableRawPointer(pointer).storeBytes(of: value.lowHalf, as: SIMD4<Float>.self)
    storeFirst(value.highHalf, pointer + 4, count & 3)
  } else {
    storeFirst(value.lowHalf, pointer, count)
  }
}

@inline(__always)
private func storeFirst(_ value: SIMD4<Float>, _ pointer: Floats, _ count: Int) {
  if count > 0 { pointer[0] = value.x }
  if count > 1 { pointer[1] = value.y }
  if count > 2 { pointer[2] = value.z }
}

/// The sum of the first `count` lanes, in order.
@inline(__always)
func sum(_ value: Lanes, _ count: Int) -> Float {
  var total: Float = 0
  for lane in 0..<min(count, Extent.lanes) { total += value[lane] }
  return total
}
