/// Arithmetic, element by element; shapes broadcast from the last axis on.
extension ExportGraph {
  package func scalar(_ value: Float) -> Value { add(.constant("", shape: [], [value])) }

  /// Numbers that stand in no file of the model.
  ///
  /// - Parameter name: Unique in a member.
  package func constant(_ name: String, _ shape: [Int], _ values: [Float]) -> Value {
    add(.constant(name, shape: shape, values))
  }

  package func add(_ left: Value, _ right: Value) -> Value { add(.binary(.add), [left, right]) }
  package func subtract(_ left: Value, _ right: Value) -> Value {
    add(.binary(.subtract), [left, right])
  }
  package func multiply(_ left: Value, _ right: Value) -> Value {
    add(.binary(.multiply), [left, right])
  }
  package func divide(_ left: Value, _ right: Value) -> Value {
    add(.binary(.divide), [left, right])
  }
  package func maximum(_ left: Value, _ right: Value) -> Value {
    add(.binary(.maximum), [left, right])
  }
  package func minimum(_ left: Value, _ right: Value) -> Value {
    add(.binary(.minimum), [left, right])
  }
  /// A condition, for ``choose(_:_:_:)`` and ``float(_:)``.
  package func isLess(_ left: Value, _ right: Value) -> Value {
    add(.binary(.less), [left, right])
  }

  package func add(_ left: Value, _ right: Float) -> Value { add(left, scalar(right)) }
  package func subtract(_ left: Value, _ right: Float) -> Value {
    right == 0 ? left : subtract(left, scalar(right))
  }
  package func subtract(_ left: Float, _ right: Value) -> Value { subtract(scalar(left), right) }
  package func multiply(_ left: Value, _ right: Float) -> Value {
    right == 1 ? left : multiply(left, scalar(right))
  }
  package func divide(_ left: Value, _ right: Float) -> Value {
    right == 1 ? left : divide(left, scalar(right))
  }

  package func exp(_ value: Value) -> Value { add(.unary(.exp), [value]) }
  package func log(_ value: Value) -> Value { add(.unary(.log), [value]) }
  package func sigmoid(_ value: Value) -> Value { add(.unary(.sigmoid), [value]) }
  /// log(1 + eˣ)
  package func softplus(_ value: Value) -> Value { add(.unary(.softplus), [value]) }
  package func absolute(_ value: Value) -> Value { add(.unary(.abs), [value]) }
  /// 1 where a condition holds, 0 elsewhere.
  package func float(_ condition: Value) -> Value { add(.unary(.float), [condition]) }
  package func clamp(_ value: Value, low: Float? = nil, high: Float? = nil) -> Value {
    add(.clamp(low: low, high: high), [value])
  }
  package func choose(_ condition: Value, _ yes: Value, _ no: Value) -> Value {
    add(.choose, [condition, yes, no])
  }

  /// Over the last axis.
  package func softmax(_ value: Value) -> Value { add(.softmax, [value]) }
  /// Ascending along the last axis.
  package func sorted(_ value: Value) -> Value { add(.sortLast, [value]) }
  /// `[…]` int64: where the last axis is largest.
  package func argmax(_ value: Value) -> Value { add(.argmaxLast, [value]) }
  /// The axis goes.
  package func sum(_ value: Value, axis: Int = -1) -> Value { add(.sum(axis: axis), [value]) }
  package func mean(_ value: Value, axis: Int) -> Value { add(.mean(axis: axis), [value]) }

  /// log(p / (1 − p)), with p kept 1e-7 away from 0 and 1.
  package func logit(_ probability: Value) -> Value {
    let kept = clamp(probability, low: 1e-7, high: 1 - 1e-7)
    return log(divide(kept, subtract(1, kept)))
  }
}
