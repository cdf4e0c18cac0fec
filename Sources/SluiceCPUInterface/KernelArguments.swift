/// A pointer to float32 elements.
package typealias Floats = UnsafeMutablePointer<Float>

/// A pointer to int32 elements: indices, lengths, classes.
package typealias Integers = UnsafeMutablePointer<Int32>

/// What kernels expect of memory.
package enum CPUMemory {
  /// Elements past the end of a buffer that a kernel may read: buffers are allocated that much
  /// larger.
  package static var readAhead: Int { 64 }
}

/// Rows of float32 elements: where the first starts, and how many elements apart they are.
package struct FloatRows {
  package var start: Floats
  package var stride: Int

  package init(_ start: Floats, stride: Int) {
    self.start = start
    self.stride = stride
  }
}

/// A matrix in memory, of which element (i, j) is `start[i · rowStride + j · columnStride]`.
package struct StridedMatrix {
  package let start: Floats
  package let rowStride: Int
  package let columnStride: Int

  package init(_ rows: FloatRows, transposed: Bool = false) {
    start = rows.start
    rowStride = transposed ? 1 : rows.stride
    columnStride = transposed ? rows.stride : 1
  }
}

/// What happens to a product before it is stored.
package struct ProductEpilogue {
  package var scale: Float
  package var bias: Floats?
  package var accumulate: Bool
  package var activation: VectorFunction

  package init(
    scale: Float = 1, bias: Floats? = nil, accumulate: Bool = false,
    activation: VectorFunction = .identity
  ) {
    self.scale = scale
    self.bias = bias
    self.accumulate = accumulate
    self.activation = activation
  }
}

/// Rows of a right-hand matrix `[K, N]` that do not count, or are masked; K counts (step, row) pairs
/// of `batch` rows a step.
package struct RowRule {
  package let batch: Int
  /// Row k is taken as zero where its step k / batch is not below `lengths[k % batch]`.
  package let lengths: Integers?
  /// `[batch, N]`: row k is multiplied by row k % batch of it.
  package let mask: Floats?

  package init(batch: Int, lengths: Integers? = nil, mask: Floats? = nil) {
    self.batch = batch
    self.lengths = lengths
    self.mask = mask
  }
}

/// Extents of a product's blocks.
package enum ProductExtent {
  /// The part of K whose panels are kept in the cache at once.
  package static var depthBlock: Int { 256 }
  /// Rows of a block of the left matrix.
  package static var rowBlock: Int { 64 }
  /// Elements of scratch.
  package static var scratchCount: Int { depthBlock * rowBlock }
}

/// Words of a random stream, one for each element, that say which elements are dropped.
package struct DropoutWords {
  /// Words below it drop their element.
  package let threshold: UInt32
  package let key: SIMD2<UInt32>
  /// Words 2 and 3 of the counter.
  package let step: UInt32
  package let stream: UInt32

  package init(threshold: UInt32, key: SIMD2<UInt32>, step: UInt32, stream: UInt32) {
    self.threshold = threshold
    self.key = key
    self.step = step
    self.stream = stream
  }
}

/// Rows of a sparse matrix: row n holds `values[i]` in column `indices[i]`, i over the entries
/// `offsets[d] ..< offsets[d + 1]` of its document d = `documents[n]`.
package struct SparseRows {
  package let offsets: Integers
  package let indices: Integers
  package let values: Floats
  package let documents: Integers

  package init(offsets: Integers, indices: Integers, values: Floats, documents: Integers) {
    self.offsets = offsets
    self.indices = indices
    self.values = values
    self.documents = documents
  }
}

/// The functions that kernels compute lane by lane.
package enum VectorFunction: Sendable {
  case identity, sigmoid, tanh, relu, exponential, squareRoot, logarithm, logarithmOfOnePlus
}

/// How a sequence becomes one vector.
package enum PoolKind: Sendable {
  case max, mean, last, first
}
