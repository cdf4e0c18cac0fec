import SluiceCompute

/// What a cell does to one unit at one step, in double precision.
struct ReferenceCell: Sendable {
  /// From the sums of the G gates (of the S separate ones what the input gives), what the hidden state
  /// gives the separate ones, and c or h of the step before.
  var advance:
    @Sendable (_ sums: [Double], _ before: Double) -> (
      kept: [Double], hidden: Double, state: Double
    )
  /// From what was kept, c of this step, c or h of the step before, and the gradients of h and c.
  var differentiate:
    @Sendable (_ kept: [Double], _ cell: Double, _ before: Double, _ dh: Double, _ dc: Double) -> (
      sums: [Double], before: Double
    )
}

extension RecurrentCell {
  /// The table of cells.
  var reference: ReferenceCell {
    switch self {
    case .lstm: .lstm
    case .gru: .gru
    case .rnn: .plain({ Reference.hyperbolicTangent($0) }) { 1 - $0 * $0 }
    case .rnnReLU: .plain({ max($0, 0) }) { $0 > 0 ? 1 : 0 }
    }
  }
}

extension ReferenceCell {
  static let lstm = ReferenceCell(
    advance: { sums, before in
      let i = Reference.sigmoid(sums[0])
      let f = Reference.sigmoid(sums[1])
      let g = Reference.hyperbolicTangent(sums[2])
      let o = Reference.sigmoid(sums[3])
      let c = f * before + i * g
      return ([i, f, g, o], o * Reference.hyperbolicTangent(c), c)
    },
    differentiate: { kept, cell, before, dh, carried in
      let (i, f, g, o) = (kept[0], kept[1], kept[2], kept[3])
      let squashed = Reference.hyperbolicTangent(cell)
      let dc = carried + dh * o * (1 - squashed * squashed)
      return (
        [
          dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g),
          dh * squashed * o * (1 - o),
        ], dc * f
      )
    })

  static let gru = ReferenceCell(
    advance: { sums, before in
      let r = Reference.sigmoid(sums[0])
      let z = Reference.sigmoid(sums[1])
      let n = Reference.hyperbolicTangent(sums[2] + r * sums[3])
      let h = (1 - z) * n + z * before
      return ([r, z, n, sums[3]], h, h)
    },
    differentiate: { kept, _, before, dh, _ in
      let (r, z, n, q) = (kept[0], kept[1], kept[2], kept[3])
      let dn = dh * (1 - z) * (1 - n * n)
      return ([dn * q * r * (1 - r), dh * (before - n) * z * (1 - z), dn, dn * r], dh * z)
    })

  static func plain(
    _ activation: @escaping @Sendable (Double) -> Double,
    derivative: @escaping @Sendable (Double) -> Double
  ) -> ReferenceCell {
    ReferenceCell(
      advance: { sums, _ in
        let h = activation(sums[0])
        return ([h], h, h)
      },
      differentiate: { kept, _, _, dh, _ in ([dh * derivative(kept[0])], 0) })
  }
}
