import SluiceCPUInterface

// Tables are narrow (a column for each class) and far larger than a cache: the vector is the
// narrowest that holds a row, so that each entry touches as few cache lines as can be.

/// The position of the first element that is less than the one before it, or −1.
func firstDisorder(_ start: Integers, _ count: Int) -> Int {
  // Without a way out of the loop, so that it becomes vectors.
  var descents: Int32 = 0
  for i in 1..<max(1, count) { descents |= start[i] < start[i - 1] ? 1 : 0 }
  if descents == 0 { return -1 }
  for i in 1..<count where start[i] < start[i - 1] { return i }
  return -1
}

func bag(_ tile: BagTile) {
  if tile.columns <= 4 {
    bagOfFour(tile)
  } else if tile.columns <= 8 {
    bagOfEight(tile)
  } else {
    bagOfLanes(tile)
  }
}

@inline(never)
private func bagOfFour(_ tile: BagTile) { bag(tile, SIMD4<Float>.self) }
@inline(never)
private func bagOfEight(_ tile: BagTile) { bag(tile, SIMD8<Float>.self) }
@inline(never)
private func bagOfLanes(_ tile: BagTile) { bag(tile, Lanes.self) }

/// Two sums over every other entry, so that their additions overlap.
@inline(__always)
private func bag<Vector: SIMD>(_ tile: BagTile, _ vector: Vector.Type)
where Vector.Scalar == Float, Vector: BitwiseCopyable {
  for n in tile.rows {
    let document = Int(tile.documents[n])
    let begin = Int(tile.offsets[document])
    let end = Int(tile.offsets[document + 1])
    let to = tile.output.start + n * tile.output.stride
    var j = 0
    while j < tile.columns {
      let from = tile.table + j
      var even = Vector()
      var odd = Vector()
      var i = begin
      while i + 1 < end {
        even = addEntry(tile, i, from, even)
        odd = addEntry(tile, i + 1, from, odd)
        i += 2
      }
      if i < end { even = addEntry(tile, i, from, even) }
      let sum = (even + odd) * Vector(repeating: tile.scale)
      for lane in 0..<min(Vector.scalarCount, tile.columns - j) {
        to[j + lane] = tile.accumulate ? to[j + lane] + sum[lane] : sum[lane]
      }
      j += Vector.scalarCount
    }
  }
}

@inline(__always)
private func addEntry<Vector: SIMD>(_ tile: BagTile, _ i: Int, _ from: Floats, _ sum: Vector)
  -> Vector
where Vector.Scalar == Float, Vector: BitwiseCopyable {
  let row = from + Int(tile.indices[i]) * tile.columns
  return addScaled(sum, tile.values[i], UnsafeRawPointer(row).loadUnaligned(as: Vector.self))
}

/// `sum + factor · value`, rounded once where the processor fuses it.
@inline(__always)
private func addScaled<Vector: SIMD>(_ sum: Vector, _ factor: Float, _ value: Vector) -> Vector
where Vector.Scalar == Float {
  #if FMA || arch(arm64)
    sum.addingProduct(Vector(repeating: factor), value)
  #else
    sum + Vector(repeating: factor) * value
  #endif
}

func bagGradient(_ tile: BagGradientTile) {
  if tile.columns <= 4 {
    gradientOfFour(tile)
  } else if tile.columns <= 8 {
    gradientOfEight(tile)
  } else {
    gradientOfLanes(tile)
  }
}

@inline(never)
private func gradientOfFour(_ tile: BagGradientTile) { gradient(tile, SIMD4<Float>.self) }
@inline(never)
private func gradientOfEight(_ tile: BagGradientTile) { gradient(tile, SIMD8<Float>.self) }

/// A row of the table is at most one vector.
@inline(__always)
private func gradient<Vector: SIMD>(_ tile: BagGradientTile, _ vector: Vector.Type)
where Vector.Scalar == Float, Vector: BitwiseCopyable {
  var isColumn = SIMDMask<Vector.MaskStorage>()
  for lane in 0..<tile.columns { isColumn[lane] = true }
  // From this index on a whole vector would reach past the part, into another thread's.
  let border = tile.part.upperBound - (Vector.scalarCount + tile.columns - 1) / tile.columns + 1
  for n in 0..<tile.batch {
    let entries = entries(tile, n)
    if entries.isEmpty { continue }
    let row = tile.outputGradient.start + n * tile.outputGradient.stride
    let slope = UnsafeRawPointer(row).loadUnaligned(as: Vector.self)
    for i in entries {
      let index = Int(tile.indices[i])
      let to = tile.tableGradient + index * tile.columns
      let before = UnsafeRawPointer(to).loadUnaligned(as: Vector.self)
      let after = addScaled(before, tile.values[i] * tile.scale, slope)
      if index < border {
        UnsafeMutableRawPointer(to).storeBytes(
          of: before.replacing(with: after, where: isColumn), as: Vector.self)
      } else {
        for lane in 0..<tile.columns { to[lane] = after[lane] }
      }
    }
  }
}

@inline(never)
private func gradientOfLanes(_ tile: BagGradientTile) {
  for n in 0..<tile.batch {
    let from = tile.outputGradient.start + n * tile.outputGradient.stride
    for i in entries(tile, n) {
      let to = tile.tableGradient + Int(tile.indices[i]) * tile.columns
      let factor = tile.values[i] * tile.scale
      var j = 0
      while j < tile.columns {
        store(addScaled(load(to + j), factor, load(from + j)), to + j, tile.columns - j)
        j += Extent.lanes
      }
    }
  }
}

/// The entries of row n that belong to the part: a run, since they ascend.
@inline(__always)
private func entries(_ tile: BagGradientTile, _ n: Int) -> Range<Int> {
  let document = Int(tile.documents[n])
  let end = Int(tile.offsets[document + 1])
  let first = position(
    of: tile.part.lowerBound, tile.indices, Int(tile.offsets[document]), end)
  return first..<position(of: tile.part.upperBound, tile.indices, first, end)
}

/// The first position in `begin ..< end` whose element is not below `value`, else `end`.
@inline(__always)
private func position(of value: Int, _ elements: Integers, _ begin: Int, _ end: Int) -> Int {
  var low = begin
  var count = end - begin
  while count > 0 {
    let half = count / 2
    let isBelow = Int(elements[low + half]) < value
    low = isBelow ? low + half + 1 : low
    count = isBelow ? count - half - 1 : half
  }
  return low
}
