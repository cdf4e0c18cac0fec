import SluiceCompute
import Testing

@Suite("Checks of embeddings, gathers, pooling, losses and optimizer steps")
struct DataValidationTests {
  @Test("embedding")
  func embedding() {
    func forward(_ table: Tensor, _ indices: Tensor, _ output: Tensor) -> ComputeError.Code? {
      failure(EmbeddingForward(table: table, indices: indices, into: output))
    }
    #expect(forward(floats([9, 4]), integers([2, 3]), strided([2, 3, 4])) == nil)
    #expect(forward(floats([9, 4]), integers([5]), floats([6, 4])) == .shapeMismatch)
    #expect(forward(floats([9, 4]), integers([6]), floats([6, 3])) == .shapeMismatch)
    #expect(forward(floats([9, 4]), floats([6]), floats([6, 4])) == .shapeMismatch)
    #expect(forward(strided([9, 4]), integers([6]), floats([6, 4])) == .shapeMismatch)
    #expect(forward(floats([36]), integers([1]), floats([1, 36])) == .shapeMismatch)

    func backward(_ gradient: Tensor, _ indices: Tensor, _ table: Tensor) -> ComputeError.Code? {
      failure(EmbeddingBackward(outputGradient: gradient, indices: indices, into: table))
    }
    #expect(backward(strided([6, 4]), integers([6]), floats([9, 4])) == nil)
    #expect(backward(floats([6, 4]), integers([5]), floats([9, 4])) == .shapeMismatch)
    #expect(backward(floats([6, 4]), integers([6]), short([9, 4])) == .shapeMismatch)

    for (ignored, code) in [(0, nil), (8, nil), (9, .invalidArgument), (-1, .invalidArgument)]
      as [(Int32, ComputeError.Code?)]
    {
      #expect(
        failure(
          EmbeddingForward(
            table: floats([9, 4]), indices: integers([6]), ignoring: ignored,
            into: floats([6, 4]))) == code)
      #expect(
        failure(
          EmbeddingBackward(
            outputGradient: floats([6, 4]), indices: integers([6]), ignoring: ignored,
            into: floats([9, 4]))) == code)
    }
  }

  @Test("column tokens")
  func columnTokens() {
    func check(
      _ columns: [TokenColumn] = [.levels(0, rows: 0..<4), .scale(0), .levels(1, rows: 4..<9)],
      places: [Int] = [2, 0, 1], codes: Tensor? = floats([1, 2, 3, 5]),
      indices: Tensor? = integers([2, 2, 3]), weights: Tensor? = strided([1, 20]),
      biases: Tensor? = strided([1, 4]), table: Tensor? = floats([9, 4]),
      tokens: Tensor = strided([3, 6, 4])
    ) -> [ComputeError.Code?] {
      let cells = ColumnCells(columns: columns, places: places, codes: codes, indices: indices)
      let weights = ColumnTokenWeights(weights: weights, biases: biases, table: table)
      return [
        failure(ColumnTokensForward(cells, weights, into: tokens)),
        failure(ColumnTokensBackward(cells, outputGradient: tokens, into: weights)),
      ]
    }
    #expect(check() == [nil, nil])
    #expect(check(tokens: strided([2, 3, 12])) == [nil, nil])
    #expect(
      check([.scale(0)], places: [0], indices: nil, table: nil, tokens: floats([6, 4]))
        == [nil, nil])
    #expect(
      check(
        [.levels(0, rows: 2..<9)], places: [0], codes: nil, indices: integers([1, 6]),
        weights: nil, biases: nil, tokens: floats([6, 4])) == [nil, nil])
    for wrong in [
      check(codes: floats([1, 5, 5])), check(codes: strided([1, 6, 5])), check(codes: nil),
      check(indices: integers([2, 7])), check(indices: floats([2, 6])),
      check(weights: strided([1, 21])), check(weights: nil), check(biases: floats([2, 4])),
      check(table: floats([9, 5])), check(table: strided([9, 4])),
      check(tokens: floats([3, 4, 6])),
    ] {
      #expect(wrong.allSatisfy { $0 == .shapeMismatch || $0 == .invalidArgument })
    }
    for wrong in [
      check(places: [0, 1, 1]), check(places: [0, 1]), check([]), check(indices: nil),
      check([.levels(0, rows: 0..<5), .scale(0), .levels(1, rows: 4..<9)]),
      check([.levels(0, rows: 0..<4), .scale(1), .levels(1, rows: 4..<9)]),
      check([.levels(0, rows: 0..<4), .scale(0), .levels(0, rows: 4..<9)]),
      check([.levels(0, rows: 0..<4), .scale(0), .levels(1, rows: 4..<10)]),
      check([.levels(0, rows: 0..<0), .scale(0), .levels(1, rows: 4..<9)]),
    ] {
      #expect(wrong == [.invalidArgument, .invalidArgument])
    }
  }

  @Test("embedding bag")
  func embeddingBag() {
    func check(
      offsets: Tensor = integers([4]), indices: Tensor = integers([9]),
      values: Tensor = floats([9]), documents: Tensor = integers([3]),
      table: Tensor = floats([20, 5]), rows: Tensor = strided([3, 5])
    ) -> [ComputeError.Code?] {
      let features = SparseTensor(offsets: offsets, indices: indices, values: values)
      return [
        failure(EmbeddingBagForward(features, documents: documents, table: table, into: rows)),
        failure(
          EmbeddingBagBackward(
            features, documents: documents, outputGradient: rows, into: table)),
      ]
    }
    #expect(check() == [nil, nil])
    #expect(check(indices: integers([0]), values: floats([0])) == [nil, nil])
    for wrong in [
      check(offsets: integers([0])), check(offsets: floats([4])), check(indices: floats([9])),
      check(values: floats([8])), check(values: integers([9])), check(documents: integers([4])),
      check(table: strided([20, 5])), check(table: floats([20, 4])), check(table: floats([100])),
      check(rows: floats([5, 3])),
    ] {
      #expect(wrong == [.shapeMismatch, .shapeMismatch])
    }
  }

  @Test("row gather")
  func gatherRows() {
    func check(_ source: Tensor, _ rows: Tensor, _ output: Tensor) -> ComputeError.Code? {
      failure(GatherRows(source: source, rows: rows, into: output))
    }
    #expect(check(floats([9, 4]), integers([6]), strided([6, 4])) == nil)
    #expect(check(integers([9, 4]), integers([6]), integers([6, 4])) == nil)
    #expect(check(integers([9, 4]), integers([6]), floats([6, 4])) == .shapeMismatch)
    #expect(check(floats([9, 4]), integers([6]), integers([6, 4])) == .shapeMismatch)
    #expect(check(integers([9, 4]), integers([6]), integers([7, 4])) == .shapeMismatch)
    #expect(check(floats([9, 4]), floats([6]), floats([6, 4])) == .shapeMismatch)
  }

  @Test("window gather")
  func gatherWindows() {
    func check(
      _ source: Shape, series: Tensor? = nil, starts: Tensor = integers([3]),
      shift: Tensor? = nil, output: Tensor = floats([5, 3, 2])
    ) -> ComputeError.Code? {
      failure(
        GatherWindows(
          source: floats(source), series: series, starts: starts, shift: shift, into: output))
    }
    #expect(check([1, 20, 2]) == nil)
    #expect(check([7, 20, 2], series: integers([3]), shift: floats([3])) == nil)
    #expect(check([1, 20, 2], output: strided([5, 3, 2])) == nil)
    #expect(check([7, 20, 2]) == .invalidArgument)
    #expect(check([1, 4, 2]) == .shapeMismatch)
    #expect(check([1, 20, 3]) == .shapeMismatch)
    #expect(check([20, 2]) == .shapeMismatch)
    #expect(check([1, 20, 2], starts: integers([4])) == .shapeMismatch)
    #expect(check([1, 20, 2], starts: floats([3])) == .shapeMismatch)
    #expect(check([1, 20, 2], shift: floats([2])) == .shapeMismatch)
    #expect(check([7, 20, 2], series: integers([2])) == .shapeMismatch)
  }

  @Test("sequence gather")
  func gatherSequences() {
    func check(
      source: Tensor = integers([50]), offsets: Tensor = integers([4]),
      documents: Tensor = integers([3]), output: Tensor = integers([5, 3]),
      lengths: Tensor = integers([3]), rate: Float = 0.1
    ) -> ComputeError.Code? {
      let dropout = TokenDropout(
        rate: rate, stream: RandomStream(seed: 1, stream: 1), replacement: 1)
      return failure(
        GatherSequences(
          source: source, offsets: offsets, documents: documents, dropout: dropout, into: output,
          lengths: lengths))
    }
    #expect(check() == nil)
    #expect(check(source: integers([0])) == nil)
    #expect(check(source: floats([50])) == .shapeMismatch)
    #expect(check(offsets: integers([0])) == .shapeMismatch)
    #expect(check(documents: integers([4])) == .shapeMismatch)
    #expect(check(output: integers([15])) == .shapeMismatch)
    #expect(check(output: integers([0, 3])) == .shapeMismatch)
    #expect(check(output: floats([5, 3])) == .shapeMismatch)
    #expect(check(lengths: integers([5])) == .shapeMismatch)
    #expect(check(rate: 1) == .invalidArgument)
    #expect(check(rate: .nan) == .invalidArgument)
  }

  @Test("pooling")
  func pooling() {
    func forward(
      _ pooling: Pooling, output: Tensor = floats([3, 2]), lengths: Tensor? = nil,
      winners: Tensor? = nil
    ) -> ComputeError.Code? {
      failure(
        PoolForward(pooling, strided([5, 3, 2]), lengths: lengths, into: output, winners: winners))
    }
    #expect(forward(.mean, lengths: integers([3])) == nil)
    #expect(forward(.max, winners: integers([3, 2])) == nil)
    #expect(forward(.max) == nil)
    #expect(forward(.last, output: strided([3, 2])) == nil)
    #expect(forward(.last, output: floats([5, 2])) == .shapeMismatch)
    #expect(forward(.mean, lengths: integers([5])) == .shapeMismatch)
    #expect(forward(.mean, lengths: floats([3])) == .shapeMismatch)
    #expect(forward(.max, winners: integers([2, 3])) == .shapeMismatch)
    #expect(forward(.mean, winners: integers([3, 2])) == .invalidArgument)

    func backward(_ pooling: Pooling, winners: Tensor? = nil) -> ComputeError.Code? {
      failure(
        PoolBackward(
          pooling, outputGradient: floats([3, 2]), winners: winners,
          inputGradient: floats([5, 3, 2])))
    }
    #expect(backward(.mean) == nil)
    #expect(backward(.max, winners: integers([3, 2])) == nil)
    #expect(backward(.max) == .invalidArgument)
  }

  @Test("losses")
  func losses() {
    func check(
      _ function: LossFunction, _ prediction: Shape, _ target: Tensor, rowWeights: Tensor? = nil,
      classWeights: Tensor? = nil, gradient: Tensor? = nil, statistics: Shape = [2]
    ) -> ComputeError.Code? {
      failure(
        Loss(
          function, prediction: floats(prediction), target: target, rowWeights: rowWeights,
          classWeights: classWeights, statistics: floats(statistics), gradient: gradient))
    }
    #expect(check(.meanSquaredError, [2, 3, 4], floats([2, 3, 4])) == nil)
    #expect(check(.meanSquaredError, [6, 4], floats([6, 4]), rowWeights: floats([6])) == nil)
    #expect(check(.meanSquaredError, [6, 4], floats([6, 4]), gradient: strided([6, 4])) == nil)
    #expect(check(.meanSquaredError, [6, 4], floats([6])) == .shapeMismatch)
    #expect(check(.meanSquaredError, [6, 4], integers([6, 4])) == .shapeMismatch)
    #expect(check(.meanSquaredError, [6, 4], strided([6, 4])) == .shapeMismatch)
    #expect(
      check(.meanSquaredError, [6, 4], floats([6, 4]), rowWeights: floats([4])) == .shapeMismatch)
    #expect(
      check(.meanSquaredError, [6, 4], floats([6, 4]), gradient: floats([4, 6])) == .shapeMismatch)
    #expect(check(.meanSquaredError, [6, 4], floats([6, 4]), statistics: [3]) == .shapeMismatch)
    #expect(
      check(.meanSquaredError, [6, 4], floats([6, 4]), classWeights: floats([4]))
        == .invalidArgument)

    #expect(check(.softmaxCrossEntropy, [6, 4], integers([6])) == nil)
    #expect(check(.softmaxCrossEntropy, [6, 4], integers([6]), classWeights: floats([4])) == nil)
    #expect(check(.softmaxCrossEntropy, [6, 4], floats([6])) == .shapeMismatch)
    #expect(check(.softmaxCrossEntropy, [6, 4], integers([6, 4])) == .shapeMismatch)
    #expect(
      check(.softmaxCrossEntropy, [6, 4], integers([6]), classWeights: floats([6]))
        == .shapeMismatch)

    let ranked = LossFunction.rankedProbability(share: 0.3)
    #expect(check(ranked, [6, 4], integers([6])) == nil)
    #expect(check(ranked, [6, 4], integers([6]), classWeights: floats([4])) == nil)
    #expect(check(ranked, [6, 4], floats([6])) == .shapeMismatch)
    #expect(check(.rankedProbability(share: 1.1), [6, 4], integers([6])) == .invalidArgument)
    #expect(check(.rankedProbability(share: .nan), [6, 4], integers([6])) == .invalidArgument)

    let mixed = LossFunction.mixedQuantiles([0.1, 0.5, 0.9])
    #expect(check(mixed, [6, 7], floats([6, 5])) == nil)
    #expect(check(mixed, [2, 3, 7], floats([2, 3, 5])) == nil)
    #expect(check(mixed, [6, 7], floats([6, 4])) == .shapeMismatch)
    #expect(check(mixed, [6, 3], floats([6, 1])) == .invalidArgument)
    #expect(check(.mixedQuantiles([0.1, 0.9]), [6, 7], floats([6, 6])) == .invalidArgument)
    #expect(check(.mixedQuantiles([0.9, 0.5, 0.1]), [6, 7], floats([6, 5])) == .invalidArgument)

    #expect(check(.quantile([0.1, 0.9]), [6, 2], floats([6])) == nil)
    #expect(check(.quantile([0.1, 0.9]), [6, 2], floats([6, 1])) == nil)
    #expect(check(.quantile([0.1, 0.9]), [6, 2], floats([6, 2])) == .shapeMismatch)
    #expect(check(.quantile([0.1]), [6, 2], floats([6])) == .invalidArgument)
    #expect(check(.quantile([0, 0.5]), [6, 2], floats([6])) == .invalidArgument)
    #expect(check(.huber(delta: 0), [6, 2], floats([6, 2])) == .invalidArgument)
    #expect(check(.huber(delta: .nan), [6, 2], floats([6, 2])) == .invalidArgument)
  }

  @Test("optimizer steps")
  func optimizer() {
    func check(
      _ rule: OptimizerRule = .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8), step: Int = 1,
      groups: [Range<Int>] = [0..<10], gradients: Tensor = floats([10]),
      moments: [Tensor] = [floats([10]), floats([10])], norm: Tensor = floats([1]),
      losses: Tensor? = nil, halt: Tensor = integers([1])
    ) -> ComputeError.Code? {
      failure(
        OptimizerStep(
          rule, step: step, learningRate: 0.1, groups: groups.map { ParameterGroup(range: $0) },
          weights: floats([10]), gradients: gradients, moments: moments, squaredNorm: norm,
          losses: losses, halt: halt))
    }
    #expect(check() == nil)
    #expect(check(losses: floats([4])) == nil)
    #expect(check(losses: strided([2, 2])) == .shapeMismatch)
    #expect(check(losses: integers([2])) == .shapeMismatch)
    #expect(check(groups: [0..<3, 5..<10]) == nil)
    #expect(check(groups: []) == nil)
    #expect(check(.sgd(momentum: 0, nesterov: false), moments: []) == nil)
    #expect(check(.sgd(momentum: 0.9, nesterov: false), moments: [floats([10])]) == nil)
    #expect(check(.sgd(momentum: 0.9, nesterov: false), moments: []) == .invalidArgument)
    #expect(check(moments: [floats([10])]) == .invalidArgument)
    #expect(check(step: 0) == .invalidArgument)
    #expect(check(groups: [0..<6, 5..<10]) == .invalidArgument)
    #expect(check(groups: [5..<10, 0..<5]) == .invalidArgument)
    #expect(check(groups: [0..<11]) == .invalidArgument)
    #expect(check(gradients: floats([11])) == .shapeMismatch)
    #expect(check(gradients: strided([2, 5])) == .shapeMismatch)
    #expect(check(moments: [floats([10]), floats([9])]) == .shapeMismatch)
    #expect(check(norm: floats([2])) == .shapeMismatch)
    #expect(check(halt: floats([1])) == .shapeMismatch)
  }
}
