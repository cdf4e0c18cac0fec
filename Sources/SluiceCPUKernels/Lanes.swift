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

/// `a` where the mask is set, `b` elsewhere. (A bit cast of the mask would fall apart into words.)
@inline(__always)
func select(_ mask: LaneMask, _ a: Lanes, _ b: Lanes) -> Lanes {
  b.replacing(with: a, where: mask)
}

/// The sum of all lanes, by halves: always in the same order.
@inline(__always)
func total(_ v: Lanes) -> Float {
  #if AVX512
    let eight = v.lowHalf + v.highHalf
    let four = eight.lowHalf + eight.highHalf
  #elseif FMA && !arch(arm64)
    let four = v.lowHalf + v.highHalf
  #else
    let four = v
  #endif
  return (four[0] + four[2]) + (four[1] + four[3])
}

/// The largest of all lanes; NaN is none.
@inline(__always)
func largest(_ v: Lanes) -> Float {
  #if AVX512
    let eight = larger(v.lowHalf, v.highHalf)
    let four = larger(eight.lowHalf, eight.highHalf)
  #elseif FMA && !arch(arm64)
    let four = larger(v.lowHalf, v.highHalf)
  #else
    let four = v
  #endif
  let two = larger(four.lowHalf, four.highHalf)
  return two[0] > two[1] ? two[0] : two[1]
}

@inline(__always)
private func larger<Vector: SIMD>(_ a: Vector, _ b: Vector) -> Vector
where Vector.Scalar == Float {
  b.replacing(with: a, where: a .> b)
}

/// The first `count` lanes.
@inline(__always)
func firstLanes(_ count: Int) -> LaneMask {
  #if AVX512
    let numbers = Lanes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  #elseif FMA && !arch(arm64)
    let numbers = Lanes(0, 1, 2, 3, 4, 5, 6, 7)
  #else
    let numbers = Lanes(0, 1, 2, 3)
  #endif
  return numbers .< broadcast(Float(count))
}

/// Stores the first `count` lanes, all of them where `count` is larger, in the fewest pieces.
@inline(__always)
func store(_ value: Lanes, _ pointer: Floats, _ count: Int) {
  if count >= Extent.lanes {
    store(value, pointer)
  } else {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Extent.lanes) { scrap in
      guard let start = scrap.baseAddress else { return }
      store(value, start)
      moveScrap(start, pointer, count)
    }
  }
}

/// Moves `count` elements, fewer than a vector has, in the fewest pieces.
@inline(__always)
func moveScrap(_ source: Floats, _ target: Floats, _ count: Int) {
  var j = 0
  if count & 8 != 0 {
    move(source, target, as: SIMD8<Float>.self)
    j = 8
  }
  if count & 4 != 0 {
    move(source + j, target + j, as: SIMD4<Float>.self)
    j += 4
  }
  if count & 2 != 0 {
    move(source + j, target + j, as: SIMD2<Float>.self)
    j += 2
  }
  if count & 1 != 0 { target[j] = source[j] }
}

@inline(__always)
private func move<Piece: SIMD>(_ source: Floats, _ target: Floats, as piece: Piece.Type)
where Piece: BitwiseCopyable {
  UnsafeMutableRawPointer(target).storeBytes(
    of: UnsafeRawPointer(source).loadUnaligned(as: piece), as: piece)
}
