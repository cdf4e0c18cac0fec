import SluiceCPUInterface

// Tables are narrow (a column for each class) and far larger than a cache: the vector is the
// narrowest that holds a row, so that each entry touches as few cache lines as can be.

extension Kernels {
  package static func bag(
    _ features: SparseRows, table: Floats, columns: Int, scale: Float, into output: FloatRows,
    rows: Range<Int>, accumulate: Bool
  ) {
    if columns <= 4 {
      sumEntries(SIMD4.self, features, table, columns, scale, output, rows, accumulate)
    } else if columns <= 8 {
      sumEntries(SIMD8.self, features, table, columns, scale, output, rows, accumulate)
    } else {
      sumEntries(Lanes.self, features, table, columns, scale, output, rows, accumulate)
    }
  }

  package static func bagGradient(
    _ features: SparseRows, outputGradient: FloatRows, batch: Int, into tableGradient: Floats,
    columns: Int, scale: Float, part: Range<Int>
  ) {
    if columns <= 4 {
      addNarrow(SIMD4.self, features, outputGradient, batch, tableGradient, columns, scale, part)
    } else if columns <= 8 {
      addNarrow(SIMD8.self, features, outputGradient, batch, tableGradient, columns, scale, part)
    } else {
      addWide(features, outputGradient, batch, tableGradient, columns, scale, part)
    }
  }
}

/// Two sums over every other entry, so that their additions overlap.
@inline(never)
private func sumEntries<Vector: SIMD>(
  _ vector: Vector.Type, _ features: SparseRows, _ table: Floats, _ columns: Int, _ scale: Float,
  _ output: FloatRows, _ rows: Range<Int>, _ accumulate: Bool
) where Vector.Scalar == Float, Vector: BitwiseCopyable {
  for n in rows {
    let document = Int(features.documents[n])
    let begin = Int(features.offsets[document])
    let end = Int(features.offsets[document + 1])
    let to = output.start + n * output.stride
    var j = 0
    while j < columns {
      let from = table + j
      var even = Vector()
      var odd = Vector()
      var i = begin
      while i + 1 < end {
        even = addEntry(features, i, from, columns, even)
        odd = addEntry(features, i + 1, from, columns, odd)
        i += 2
      }
      if i < end { even = addEntry(features, i, from, columns, even) }
      let sum = (even + odd) * Vector(repeating: scale)
      for lane in 0..<min(Vector.scalarCount, columns - j) {
        to[j + lane] = accumulate ? to[j + lane] + sum[lane] : sum[lane]
      }
      j += Vector.scalarCount
    }
  }
}

@inline(__always)
private func addEntry<Vector: SIMD>(
  _ features: SparseRows, _ i: Int, _ from: Floats, _ columns: Int, _ sum: Vector
) -> Vector where Vector.Scalar == Float, Vector: BitwiseCopyable {
  let row = from + Int(features.indices[i]) * columns
  return addScaled(sum, features.values[i], UnsafeRawPointer(row).loadUnaligned(as: Vector.self))
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

/// A row of the table is at most one vector.
@inline(never)
private func addNarrow<Vector: SIMD>(
  _ vector: Vector.Type, _ features: SparseRows, _ outputGradient: FloatRows, _ batch: Int,
  _ table: Floats, _ columns: Int, _ scale: Float, _ part: Range<Int>
) where Vector.Scalar == Float, Vector: BitwiseCopyable {
  var isColumn = SIMDMask<Vector.MaskStorage>()
  for lane in 0..<columns { isColumn[lane] = true }
  // From this index on a whole vector would reach past the part, into another thread's.
  let border = part.upperBound - (Vector.scalarCount + columns - 1) / columns + 1
  for n in 0..<batch {
    let entries = features.entries(n, in: part)
    if entries.isEmpty { continue }
    let row = outputGradient.start + n * outputGradient.stride
    let slope = UnsafeRawPointer(row).loadUnaligned(as: Vector.self)
    for i in entries {
      let index = Int(features.indices[i])
      let to = table + index * columns
      let before = UnsafeRawPointer(to).loadUnaligned(as: Vector.self)
      let after = addScaled(before, features.values[i] * scale, slope)
      if index < border {
        UnsafeMutableRawPointer(to).storeBytes(
          of: before.replacing(with: after, where: isColumn), as: Vector.self)
      } else {
        for lane in 0..<columns { to[lane] = after[lane] }
      }
    }
  }
}

@inline(never)
private func addWide(
  _ features: SparseRows, _ outputGradient: FloatRows, _ batch: Int, _ table: Floats,
  _ columns: Int, _ scale: Float, _ part: Range<Int>
) {
  for n in 0..<batch {
    let from = outputGradient.start + n * outputGradient.stride
    for i in features.entries(n, in: part) {
      let to = table + Int(features.indices[i]) * columns
      let factor = features.values[i] * scale
      var j = 0
      while j < columns {
        store(addScaled(load(to + j), factor, load(from + j)), to + j, columns - j)
        j += Extent.lanes
      }
    }
  }
}

extension SparseRows {
  /// The entries of row n whose indices lie in `part`: a run, since they ascend.
  @inline(__always)
  fileprivate func entries(_ n: Int, in part: Range<Int>) -> Range<Int> {
    let document = Int(documents[n])
    let end = Int(offsets[document + 1])
    let first = position(of: part.lowerBound, from: Int(offsets[document]), to: end)
    return first..<position(of: part.upperBound, from: first, to: end)
  }

  /// The first entry in `begin ..< end` whose index is not below `value`, else `end`.
  @inline(__always)
  private func position(of value: Int, from begin: Int, to end: Int) -> Int {
    var low = begin
    var count = end - begin
    while count > 0 {
      let half = count / 2
      let isBelow = Int(indices[low + half]) < value
      low = isBelow ? low + half + 1 : low
      count = isBelow ? count - half - 1 : half
    }
    return low
  }
}
