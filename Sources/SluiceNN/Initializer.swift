import SluiceCompute

/// How a parameter is drawn before training.
public enum Initializer: Hashable, Sendable {
  /// All 0.
  case zeros
  /// All alike.
  case constant(Float)
  /// Uniform in ±bound.
  case uniform(bound: Float)
  /// Normal around 0.
  case normal(standardDeviation: Float)
  /// Uniform in ±√(6 / (fan in + fan out)), fans from the shape `[out, in]`, as Keras' default.
  ///
  /// - SeeAlso: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
  ///   networks", 2010.
  case glorotUniform(scale: Float)
  /// Orthonormal columns (or rows, if there are fewer of them) of `[out, in]`.
  ///
  /// - SeeAlso: Saxe, McClelland & Ganguli 2014.
  case orthogonal
  /// As another one, but with zeros in one row: the embedding of what is nothing.
  indirect case zeroRow(Int, Initializer)
  /// Constants, one for each of as many equal parts: the biases of a cell's gates.
  case parts([Float])
}

extension Initializer {
  /// The values of a parameter of this shape, row-major.
  public func values(for shape: Shape, using generator: inout PhiloxGenerator) -> [Float] {
    switch self {
    case .zeros:
      return [Float](repeating: 0, count: shape.count)
    case .constant(let value):
      return [Float](repeating: value, count: shape.count)
    case .uniform(let bound):
      return (0..<shape.count).map { _ in (2 * generator.uniform() - 1) * bound }
    case .normal(let deviation):
      return (0..<shape.count).map { _ in Float(generator.normal()) * deviation }
    case .glorotUniform(let scale):
      let bound = scale * (6 / Float(shape.rows + shape.columns)).squareRoot()
      return (0..<shape.count).map { _ in (2 * generator.uniform() - 1) * bound }
    case .orthogonal:
      return Self.orthonormal(rows: shape.rows, columns: shape.columns, using: &generator)
    case .zeroRow(let row, let other):
      var values = other.values(for: shape, using: &generator)
      for column in 0..<shape.columns { values[row * shape.columns + column] = 0 }
      return values
    case .parts(let values):
      let size = shape.count / values.count
      return values.flatMap { [Float](repeating: $0, count: size) }
    }
  }

  /// Gram-Schmidt, twice over, in Double on normal draws: the longer side's vectors become
  /// orthonormal along the shorter one.
  private static func orthonormal(
    rows: Int, columns: Int, using generator: inout PhiloxGenerator
  ) -> [Float] {
    let count = min(rows, columns)
    let length = max(rows, columns)
    var vectors = [Double](repeating: 0, count: count * length)
    vectors.withUnsafeMutableBufferPointer { vectors in
      for index in 0..<count {
        let own = index * length
        for i in own..<(own + length) { vectors[i] = generator.normal() }
        for _ in 0..<2 {
          for other in stride(from: 0, to: own, by: length) {
            var overlap = 0.0
            for i in 0..<length { overlap += vectors[own + i] * vectors[other + i] }
            for i in 0..<length { vectors[own + i] -= overlap * vectors[other + i] }
          }
          var square = 0.0
          for i in own..<(own + length) { square += vectors[i] * vectors[i] }
          let norm = square.squareRoot()
          for i in own..<(own + length) { vectors[i] /= norm }
        }
      }
    }
    var values = [Float](repeating: 0, count: rows * columns)
    for index in 0..<count {
      for i in 0..<length {
        let place = rows >= columns ? i * columns + index : index * columns + i
        values[place] = Float(vectors[index * length + i])
      }
    }
    return values
  }
}
