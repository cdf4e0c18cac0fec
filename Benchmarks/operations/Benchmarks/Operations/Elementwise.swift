import Sluice
import SluiceCompute

extension MeasuredDevice {
  /// Vector functions: one that moves memory only, for comparison, and those with an exponential.
  var functions: [MeasuredOperation] {
    [Activation.relu, .sigmoid, .tanh].map { activation in
      operation("\(activation) 1x16384") {
        ActivationForward(
          activation, try random([1, 16384], 4), into: try backend.makeTensor([1, 16384]))
      }
    }
  }

  /// Over weights that fit a cache, and over those of an embedding of 5,000 × 128 with its LSTM.
  var optimizers: [MeasuredOperation] {
    [49_729, 689_729].flatMap { count in
      [
        operation("norm \(count)") {
          SumOfSquares(try random([count]), into: try backend.makeTensor([1]))
        },
        operation("clear gradients \(count)") {
          Fill(try backend.makeTensor([count]), with: 0)
        },
        operation("Adam \(count)") {
          OptimizerStep(
            .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8), step: 3, learningRate: 1e-3,
            groups: [ParameterGroup(range: 0..<count)], weights: try random([count]),
            gradients: try random([count], 0.1),
            moments: [try random([count], 0), try random([count], 0)],
            squaredNorm: try random([1], 0), halt: try backend.makeTensor([1], [Int32(0)]))
        },
      ]
    }
  }

  /// The embedding of the race shape sent-e128-64-b256.
  var embeddings: [MeasuredOperation] {
    let (vocabulary, columns, steps, batch) = (5000, 128, 100, 256)
    return [
      operation("embedding gather \(steps)x\(batch) of \(vocabulary)x\(columns)") {
        EmbeddingForward(
          table: try random([vocabulary, columns]),
          indices: try indices([steps, batch], below: vocabulary),
          into: try backend.makeTensor([steps, batch, columns]))
      },
      operation("embedding scatter \(steps)x\(batch) of \(vocabulary)x\(columns)") {
        EmbeddingBackward(
          outputGradient: try random([steps, batch, columns], 1e-3),
          indices: try indices([steps, batch], below: vocabulary),
          into: try random([vocabulary, columns], 0))
      },
    ]
  }

  /// Loss and gradient together.
  var losses: [MeasuredOperation] {
    let cases: [(String, LossFunction, Int, Int)] = [
      ("squared error", .meanSquaredError, 4096, 1),
      ("binary cross-entropy", .binaryCrossEntropy(positiveWeight: 2), 4096, 1),
      ("softmax cross-entropy", .softmaxCrossEntropy, 256, 5),
      ("softmax cross-entropy", .softmaxCrossEntropy, 256, 1000),
      ("ranked probability", .rankedProbability(share: 0.5), 256, 5),
    ]
    return cases.map { name, function, rows, columns in
      operation("\(name) \(rows)x\(columns)") {
        Loss(
          function, prediction: try random([rows, columns], 4),
          target: function.takesClasses
            ? try indices([rows], below: columns)
            : try backend.makeTensor([rows, columns], (0..<rows * columns).map { Float($0 % 2) }),
          statistics: try backend.makeTensor([2]),
          gradient: try backend.makeTensor([rows, columns]))
      }
    }
  }
}
