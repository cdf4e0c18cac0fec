import SluiceCompute
import SluiceNN

/// Layers, with the parameters that they declare.
extension ExportGraph {
  /// A tensor of the model's file.
  package func parameter(_ parameter: Parameter) -> Value { add(.parameter(parameter.name)) }

  /// Several of one shape, stacked.
  package func parameters(_ parameters: [Parameter]) -> Value {
    add(.parameters(parameters.map(\.name)))
  }

  /// `[…]` int64 to `[…, E]`.
  package func embedding(_ layer: Embedding, _ indices: Value) -> Value {
    embedding(indices, table: parameter(layer.weight))
  }

  /// `[…]` int64 and `[V, E]` to `[…, E]`.
  package func embedding(_ indices: Value, table: Value) -> Value {
    add(.embedding, [indices, table])
  }

  /// `[N, M]` int64 features with `[N, M]` weights to `[N, K]`; the feature 0 of weight 0 fills rows up.
  package func embeddingBag(_ features: Value, weights: Value, table: Value) -> Value {
    sum(multiply(embedding(features, table: table), addAxis(weights, -1)), axis: 1)
  }

  /// `[…, I]` to `[…, O]`.
  package func linear(_ layer: Linear, _ input: Value) -> Value {
    linear(
      input, weight: parameter(layer.weight), bias: parameter(layer.bias),
      activation: layer.activation)
  }

  /// `activation(x · Wᵀ + b)`, W `[O, I]`.
  package func linear(
    _ input: Value, weight: Value, bias: Value, activation: Activation = .identity
  ) -> Value {
    add(.linear(activation), [input, weight, bias])
  }

  /// A linear map for each column: `[…, C, W]` by `[C, E, W]` and `[C, E]` to `[…, C, E]`.
  package func linearOfColumns(_ input: Value, weights: Value, biases: Value) -> Value {
    add(.linearOfColumns, [input, weights, biases])
  }

  /// `[N, T, C]` to `[N, T, D·H]`, and the state behind each row's last step.
  ///
  /// - Parameter lengths: `[N]` int64; past a row's length the output is 0. Not together with `initial`.
  package func recurrent(
    _ layer: Recurrent, _ input: Value, lengths: Value? = nil, initial: Value? = nil
  ) -> (sequence: Value, state: Value) {
    let sequence = add(
      .recurrence(
        ExportOperation.Recurrence(
          name: layer.name, cell: layer.cell, layers: layer.layerCount,
          hiddenSize: layer.hiddenSize,
          isBidirectional: layer.isBidirectional, hasLengths: lengths != nil,
          hasState: initial != nil)),
      [input] + [lengths, initial].compactMap { $0 })
    return (sequence, add(.state, [sequence]))
  }

  /// All hidden states of a state side by side.
  package func hidden(_ state: Value) -> Value { add(.hidden, [state]) }

  /// `[N, T, C]` to `[N, Σ columns]`; 0 for a row without steps.
  package func pool(_ sequence: Value, _ parts: [PoolPart], lengths: Value? = nil) -> Value {
    add(.pool(parts), [sequence] + (lengths.map { [$0] } ?? []))
  }

  /// A plain stack of layers: its logits, `[N, K]`.
  ///
  /// - Parameter input: `[N, T]` int64 tokens or `[N, T, C]`, as the stack is fed.
  package func stack(_ stack: LayerStack, _ input: Value, lengths: Value? = nil) -> Value {
    var x = input
    var layers = stack.layers[...]
    var width = 0
    if case .features(let count) = stack.input { width = count }
    for layer in stack.configuration.layers {
      switch layer {
      case .dropout: break
      case .pool(let pooling): x = pool(x, [PoolPart(pooling, 0..<width)], lengths: lengths)
      case .embedding, .recurrent, .dense:
        switch layers.popFirst() {
        case let own as Embedding: (x, width) = (embedding(own, x), own.size)
        case let own as Linear: (x, width) = (linear(own, x), own.outputSize)
        case let own as Recurrent:
          let read = recurrent(own, x, lengths: lengths)
          guard case .recurrent(let settings) = layer else { break }
          (x, width) = (settings.sequences ? read.sequence : hidden(read.state), own.outputSize)
        default: break
        }
      }
    }
    return x
  }
}

/// How tensors are cut and put together.
extension ExportGraph {
  package func integers(_ name: String, _ values: [Int]) -> Value { add(.integers(name, values)) }
  /// The entries of the last axis but one, in another order.
  package func reordered(_ value: Value, _ order: Value) -> Value { add(.reorder, [value, order]) }
  /// A range of the last axis.
  package func columns(_ value: Value, _ range: Range<Int>) -> Value {
    add(.columns(range), [value])
  }
  /// In a repetition: `count` steps of `[N, T, C]` from the step that the repetition has come to.
  package func steps(fromHere value: Value, count: Int) -> Value {
    add(.stepsFromHere(count: count), [value])
  }
  package func steps(of value: Value, from first: Int) -> Value { add(.stepsFrom(first), [value]) }
  package func concatenate(_ values: [Value], axis: Int = -1) -> Value {
    values.count == 1 ? values[0] : add(.concatenate(axis: axis), values)
  }
  /// `[N, S]` at each step of `[N, T, C]`.
  package func beside(steps: Value, _ value: Value) -> Value { add(.besideSteps, [value, steps]) }
  /// `[…, C, E]` as `[…, C·E]`.
  ///
  /// - Parameter leading: How many axes stand before.
  package func flatten(_ value: Value, leading: Int, size: Int) -> Value {
    add(.flatten(leading: leading, size: size), [value])
  }
  package func addAxis(_ value: Value, _ axis: Int) -> Value { add(.addAxis(axis), [value]) }
  package func removeAxis(_ value: Value, _ axis: Int) -> Value { add(.removeAxis(axis), [value]) }
}
